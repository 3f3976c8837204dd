import type { Doubt } from '@crrg/core';
import type { RclipModel } from '../models/rclip-model.js';

const DOUBTS: Readonly<Record<string, Doubt>> = {
  labels: {
    code: 'labels-assumed',
    message:
      'The checkpoint of the classifier does not name its outputs, so the labels are placeholders; import it again with --labels.',
  },
  thresholds: {
    code: 'threshold-assumed',
    message:
      'The checkpoint of the classifier has no thresholds, so 0.5 decides; import it again with --thresholds.',
  },
};

/** What about a classifier itself puts its answers in doubt. */
export function findModelDoubts({ assumptions = [] }: Pick<RclipModel, 'assumptions'>): Doubt[] {
  return Object.keys(DOUBTS).flatMap((field) => (assumptions.includes(field) ? [DOUBTS[field]!] : []));
}
