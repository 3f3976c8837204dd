import { partOf } from '@crrg/pipeline';
import { createReportGenerator, type Hypothesis } from '@crrg/report-gen';
import type { ParityContext } from '../../framework/context.js';
import { padRows } from '../report-gen/generation.js';
import { numberTokenizer } from '../report-gen/number-tokenizer.js';
import { openRrgCase } from './case.js';
import { checkRegions, findRegions, type FoundRegions } from './regions.js';

/** Features of the selected regions, image after image. */
function selectedFeatures({ features, selection }: FoundRegions, width: number): Float32Array {
  const rows = [...selection.isSelected.keys()].filter((row) => selection.isSelected[row]);
  return Float32Array.from(
    rows.flatMap((row) => Array.from(features.subarray(row * width, (row + 1) * width))),
  );
}

const OUTPUT = /^beams(\d+)\.max(\d+)\.output_ids$/;

/** Pixels to token ids. */
export async function checkGeneration(context: ParityContext): Promise<void> {
  const setup = await openRrgCase(context);
  const { config, weights } = setup;
  const found = await findRegions(setup);
  checkRegions(context, '', found.detections, found.selection);
  if (context.tensors.has('selection_logits'))
    context.check('selection_logits', found.selection.selectionLogits);
  if (context.tensors.has('region_features')) context.check('region_features', found.features);

  const generations = [...context.tensors.keys()].flatMap((name) => {
    const [, numBeams, maxLength] = OUTPUT.exec(name) ?? [];
    return numBeams === undefined ? [] : [{ name, numBeams: Number(numBeams), maxLength: Number(maxLength) }];
  });
  const generator = await createReportGenerator({
    config: config.reportGen,
    weights: partOf(weights, 'reportGen'),
    tokenizer: numberTokenizer(config.reportGen),
    backend: await context.backend(),
    maxBeams: Math.max(...generations.map(({ numBeams }) => numBeams)),
  });
  const width = config.reportGen.regionFeatureDim;
  const features = selectedFeatures(found, width);
  for (const { name, numBeams, maxLength } of generations) {
    const [numSentences, numTokens] = context.tensor(name).shape as [number, number];
    if (numSentences * width > features.length)
      throw new Error(`${name}: ${numSentences} sentences of ${features.length / width} selected regions`);
    const rows = await generator.search(features.slice(0, numSentences * width), { numBeams, maxLength });
    const best: Hypothesis[] = rows.map(([first]) => first!);
    context.checkEqual(name, padRows(best, numTokens, config.reportGen.padTokenId));
    const scores = [`beams${numBeams}.max${maxLength}`, `beams${numBeams}`]
      .map((prefix) => `${prefix}.sequence_scores`)
      .find((candidate) => context.tensors.has(candidate));
    if (scores !== undefined)
      context.check(
        scores,
        best.map(({ score }) => score),
      );
  }
  generator.dispose();
}
