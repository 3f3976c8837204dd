import type { KeyMap } from '@crrg/tensor';
const CLASSIFIERS = [
  { theirs: 'binary_classifier_region_selection', ours: 'selection' },
  { theirs: 'binary_classifier_region_abnormal', ours: 'abnormality' },
];

/**
 * Names of both region classifiers in a full RGRG checkpoint to ours. The stored loss weights are dropped: they are configuration.
 * Source: docs/reference/state-dicts.md#region-classifiers. The first row that fits counts.
 */
export const RGRG_REGION_SELECTOR_KEY_MAP: KeyMap = CLASSIFIERS.flatMap(({ theirs, ours }) => [
  { from: `${theirs}.classifier.0.{}`, to: `${ours}.fc1.{}` },
  { from: `${theirs}.classifier.2.{}`, to: `${ours}.fc2.{}` },
  { from: `${theirs}.classifier.4.{}`, to: `${ours}.fc3.{}` },
  { from: `${theirs}.loss_fn.pos_weight`, to: null },
]);
