import { IMAGE_SIZE } from './config.js';
import { INTENDED_USE } from '@crrg/core';
import type { Evaluation, Measured } from './evaluate.js';

function row({ name, model, baseline }: Measured): string {
  const digits = (value: number) => value.toFixed(3);
  const interval = `${digits(model.value)} (${digits(model.low)} to ${digits(model.high)}, n = ${model.count})`;
  return `| ${name} | ${interval} | ${baseline ? `${digits(baseline.value)} (${baseline.name})` : ''} |`;
}

/** The model card of the demonstration weights. */
export function modelCard(evaluation: Evaluation, parameters: number): string {
  const { films, texts, measured } = evaluation;
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
lungs are measured against people's boxes. The sentences are the authors' own phrases, chosen by the films' weak labels. The labels name
no side, so neither do the sentences: "right lung" and "left lung" are told alike.

Made by \`npm run recipe:tiny\` and \`npm run recipe:tiny:bundle\` (see \`recipes/README.md\`).

## Measured on held-out data
${films.nih} NIH films of ${films.patients} patients and ${films.lungBoxes} films with lung boxes, none seen in training, through the public pipeline
(greedy search). Intervals: 95 % bootstrap over films (lungs: over boxes).

| figure | model | answer without learning |
| --- | --- | --- |
${measured.map(row).join('\n')}

${texts.distinct} distinct reports for ${films.nih} films; the most common one makes up ${(100 * texts.mostCommonShare).toFixed(1)} %; ${texts.meanFindings.toFixed(1)} described regions a film.

## Known limits
- **These labels are confounded with how the films were rendered**: in this set films without a finding are brighter and less sharp.
  Training changes brightness, contrast, gamma and sharpness strongly to weaken the shortcut; the last row of the table compares
  only equally bright films of one view and is the fairer figure. None of them says that pneumonia is recognised.
- Two views, adults, one hospital for the findings. No lateral films, no devices, no comparison with earlier films.
- Sentences are templates. A missing sentence does not mean that a region is normal.
`;
}
