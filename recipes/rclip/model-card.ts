import { INTENDED_USE } from '@crrg/core';
import type { BootstrapInterval } from '@crrg/metrics';
import type { GroupFigures, RclipEvaluation } from './evaluate.js';

const digits = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '-');

function interval(score: BootstrapInterval | undefined): string {
  return score ? `${digits(score.estimate)} (${digits(score.low)} to ${digits(score.high)})` : '-';
}

function row({ name, scores, baselines }: GroupFigures): string {
  const { auroc, accuracy, sensitivity, specificity, brier } = scores;
  const { films, patients, prevalence, majorityAccuracy, viewAuc } = baselines;
  const cells = [
    name,
    `${films} / ${patients}`,
    digits(prevalence),
    interval(auroc),
    viewAuc === undefined ? '-' : digits(viewAuc),
    interval(accuracy),
    digits(majorityAccuracy),
    interval(sensitivity),
    interval(specificity),
    interval(brier),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The model card of the demonstration classifier. */
export function rclipModelCard({ groups, calibration }: RclipEvaluation, parameters: number): string {
  return `# Model card: crrg-tiny-rclip

Demonstration weights. **${INTENDED_USE}** They exist so that every part of R-CLIP can be run and tested on real radiographs in
seconds; they are far too small, and trained on far too little, to be believed about any film.

## What it is
A small R-CLIP, ${parameters.toLocaleString('en')} parameters: an image and a text encoder pre-trained against each other, and a linear probe
for pneumonia on the frozen image features. Temperature and threshold are from validation patients: one threshold for all, since a film does not
say whether it shows a child, with the largest mean of the balanced accuracies of children, adults' PA and adults' AP films.

## Training data and licences
- NIH ChestX-ray14 films with weak labels (NIH Clinical Center; Wang et al., CVPR 2017; no restriction on use).
- Paediatric films, normal and pneumonia (Kermany et al., CC BY 4.0).

Both are split by patient. The reports of the pre-training are the authors' own sentences, chosen by the films' weak labels: **no radiologist
wrote them**.

Made by \`npm run recipe:rclip\` and \`npm run recipe:rclip:bundle\` (see \`recipes/README.md\`).

## Measured on held-out patients
Through the public pipeline. Intervals: 95 % bootstrap over patients. "View alone" gives every film the share of pneumonia among the training
films of its view; "majority" always gives the commoner answer.

| films | films / patients | prevalence | AUROC | view alone | accuracy | majority | sensitivity | specificity | Brier score |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${groups.map(row).join('\n')}

Calibration of the probabilities, with the expected calibration error (ECE) of each set: ${calibration.map(({ name }) => name).join(', ')}.

![Share of films with pneumonia against the mean probability, by set](calibration.svg)

## Known limits
- **On the NIH films the label is confounded with the view and with how the film was rendered**; the figures within one view are the fairer
  ones. The paediatric films of the two kinds come from one hospital and differ in more than the lungs.
- Weak labels, taken from reports by a program, are wrong for some films.
- One label. A low probability does not mean a healthy chest.
`;
}
