// A classifier for a finding of one's own, on a frozen image encoder: films, training, curves, scores. Run it whole (npm start), or cell by
// cell where an editor knows `%%`. What it makes is in the folder of the first argument, `out` where there is none.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  computeBinaryIntervals,
  computePrecisionRecallCurve,
  computeRocCurve,
  renderPrecisionRecallSvg,
  renderRocSvg,
} from '@crrg/metrics';
import { createRadiographClassifier } from '@crrg/pipeline';
import { trainProbeOnStudies } from '@crrg/train/node';
import { drawStudies } from './draw-films.mjs';

const OUT = process.argv[2] ?? 'out';

// %% Films with labels. Put your own here: studies as `readStudies` of @crrg/train/node reads them.
const studies = drawStudies(join(OUT, 'films'), 120, 7);

// %% Train a linear classifier on the encoder of the demonstration model, which stays as it is.
rmSync(join(OUT, 'run'), { recursive: true, force: true });
const { bundle, probe } = await trainProbeOnStudies(studies, {
  start: ['tiny'],
  epochs: 40,
  batchSize: 24,
  learningRate: 0.05,
  threads: 1,
  out: join(OUT, 'run'),
});
console.log(`trained on ${probe.films.train} films, chosen by ${probe.films.valid}: ${bundle}`);

// %% Ask it about the films that training never saw.
const test = studies.filter(({ split }) => split === 'test');
const labels = test.map((study) => study.labels.get('Nodule'));
const classifier = await createRadiographClassifier({ classifier: bundle, threads: 1 });
const answers = [];
for (const { images } of test) answers.push((await classifier.classify(images[0])).classification[0]);
classifier.dispose();
const probabilities = answers.map(({ probability }) => probability);

// %% Scores, with intervals over patients.
const intervals = computeBinaryIntervals(labels, probabilities, { threshold: answers[0].threshold, seed: 1 });
const table = Object.fromEntries(
  ['auroc', 'averagePrecision', 'f1', 'recall', 'specificity']
    .filter((name) => intervals[name] !== undefined)
    .map((name) => [
      name,
      { estimate: intervals[name].estimate, low: intervals[name].low, high: intervals[name].high },
    ]),
);
console.table(table);
writeFileSync(join(OUT, 'scores.json'), `${JSON.stringify({ films: test.length, ...table }, null, 2)}\n`);

// %% Curves.
const name = (score) =>
  `Nodule (${score} ${table[score === 'AUROC' ? 'auroc' : 'averagePrecision']?.estimate.toFixed(2)})`;
writeFileSync(
  join(OUT, 'roc.svg'),
  renderRocSvg([{ name: name('AUROC'), curve: computeRocCurve(labels, probabilities) }]),
);
writeFileSync(
  join(OUT, 'precision-recall.svg'),
  renderPrecisionRecallSvg([
    { name: name('AP'), curve: computePrecisionRecallCurve(labels, probabilities), prevalence: 0.5 },
  ]),
);
console.log(
  `curves: ${join(OUT, 'roc.svg')}, ${join(OUT, 'precision-recall.svg')}, ${join(OUT, 'run', 'losses.svg')}`,
);
