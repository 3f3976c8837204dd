import { IMAGE_SIZE } from './config.js';
import { INTENDED_USE } from '@crrg/core';
import type { FilmLabelSection, Score } from '@crrg/evaluate';
import type { Evaluation, Measured } from './evaluate.js';

function row({ name, model, count, baseline }: Measured): string {
  const guessed = baseline ? `${baseline.value.toFixed(3)} (${baseline.name})` : '';
  return `| ${name} | ${score(model)}, n = ${count} | ${guessed} |`;
}

function score(interval: Score | undefined): string {
  if (!interval) return '-';
  const [estimate, low, high] = [interval.estimate, interval.low, interval.high].map((value) =>
    value.toFixed(3),
  );
  return `${estimate} (${low} to ${high})`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Findings with fewer films than this are not scored one by one. */
const LEAST_POSITIVE = 20;

function textRows({ groups }: FilmLabelSection): string {
  return groups
    .map(({ name, anyLungFinding, healthyWithFinding }) => {
      const { numFilms, numPositive, scores } = anyLungFinding!;
      const { balancedAccuracy, sensitivity, specificity } = scores;
      const cells = [balancedAccuracy, sensitivity, specificity, healthyWithFinding.share].map(score);
      return `| ${[name, `${numPositive} / ${numFilms}`, ...cells].join(' | ')} |`;
    })
    .join('\n');
}

function findingRows({ groups }: FilmLabelSection): string {
  return Object.entries(groups[0]!.findings)
    .filter(([name, { numPositive }]) => name !== 'No Finding' && numPositive >= LEAST_POSITIVE)
    .map(([name, { numPositive, numStated, scores, alwaysStatedF1 }]) => {
      const claimed = numStated > 0 ? score(scores.f1) : 'not claimed';
      return `| ${name} | ${numPositive} | ${numStated} | ${claimed} | ${alwaysStatedF1.toFixed(3)} |`;
    })
    .join('\n');
}

/** The model card of the demonstration weights. */
export function modelCard(evaluation: Evaluation, parameters: number): string {
  const { films, text, texts, measured } = evaluation;
  const { contradictions } = text;
  return `# Model card: crrg-tiny

Demonstration weights. **${INTENDED_USE}** They exist so that every part of CRRG can be run and tested on real radiographs in
seconds; they are far too small, and trained on far too little, to be believed about any film.

## What it is
A radiograph (${IMAGE_SIZE} x ${IMAGE_SIZE} pixels after preprocessing) to 29 regions, selected regions to sentences: the architecture of CRRG-CLIP's
report generator at a small size, ${parameters.toLocaleString('en')} parameters.

## Training data and licences
- NIH ChestX-ray14 films with weak labels (NIH Clinical Center; Wang et al., CVPR 2017; no restriction on use), split by patient.
- Frontal films with a box for each lung (CC BY / CC BY-SA, per film), split by film.
- Paediatric films, normal and pneumonia (Kermany et al., CC BY 4.0), to start the trunk only, together with the labels of the NIH films.

The 29 boxes are **pseudo-regions**: fixed fractions of the two lung boxes, which on NIH films are themselves predicted. Only the two
lungs are measured against people's boxes. The sentences are the authors' own phrases, chosen by the films' weak labels: pneumonia,
consolidation or infiltration, or none of them. A sentence names the lung that it was written
about, but **the labels name no side**: in training both lungs of a film were told alike.

Made by \`npm run recipe:tiny\` and \`npm run recipe:tiny:bundle\` (see \`recipes/README.md\`).

## Measured on held-out data
${films.nih} NIH films of ${films.patients} patients and ${films.lungBoxes} films with lung boxes, none seen in training, through the public pipeline
with its defaults. Intervals: 95 % bootstrap over patients (lungs: over films). The figures of the model come from

\`\`\`
npm run recipe:tiny:held-out -- --data ../shared/data --out /tmp/held-out
npx crrg evaluate rrg tiny /tmp/held-out/held-out.jsonl --labels /tmp/held-out/held-out.labels.jsonl --classifier tiny --out /tmp/held-out/evaluation
\`\`\`

but for the last row of the last table, which compares pairs of films, and the answers without learning: they are the recipe's.

### What the texts say
The text of each report, labelled by \`labelReport\` of \`@crrg/metrics\` (positive or uncertain counts as stated), against the film's weak
labels. A text that calls every film sick, or none, has a balanced accuracy of 0.5.

| any finding of the lungs | sick / films | balanced accuracy | sensitivity | specificity | healthy films with an abnormal sentence |
| --- | --- | --- | --- | --- | --- |
${textRows(text)}

| finding | films that show it | texts that state it | F1 | F1 of stating it always |
| --- | --- | --- | --- | --- |
${findingRows(text)}

Findings with fewer than ${LEAST_POSITIVE} films are not scored. In ${percent(contradictions.sentenceAgainstScore)} of the films a sentence says otherwise than the abnormality score of its
region (undecided at 0.5), in ${percent(contradictions.lungAgainstZones)} a lung is contradicted by its zones; in ${percent(contradictions.sidesDiffer)} the two lungs are told apart. The
demonstration classifier says otherwise about pneumonia than the text in ${percent(contradictions.reportAgainstClassifier)} of the films.

### What the networks see

| figure | model | answer without learning |
| --- | --- | --- |
${measured.map(row).join('\n')}

${texts.distinct} distinct reports for ${films.nih} films; the most common one makes up ${(100 * texts.mostCommonShare).toFixed(1)} %; ${texts.meanFindings.toFixed(1)} described regions a film.

## Known limits
- **These labels are confounded with how the films were rendered**: in this set films without a finding are brighter and less sharp.
  Training changes brightness, contrast, gamma and sharpness strongly to weaken the shortcut; the last row of the table compares
  only equally bright films of one view and is the fairer figure. None of them says that pneumonia is recognised.
- Two views, adults, one hospital for the findings. No lateral films, no devices, no comparison with earlier films.
- It speaks of the two lungs only, and only of opacities: the labels name no place, and there are too few films of any other finding. Sentences
  are templates. A missing sentence does not mean that a region is normal.
`;
}
