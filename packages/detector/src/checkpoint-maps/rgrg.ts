import type { KeyMap } from '@crrg/tensor';

const STAGES = [
  { theirs: 'backbone.4', ours: 'backbone.layer1' },
  { theirs: 'backbone.5', ours: 'backbone.layer2' },
  { theirs: 'backbone.6', ours: 'backbone.layer3' },
  { theirs: 'backbone.7', ours: 'backbone.layer4' },
];

/**
 * Names of a stage-1 detector file of RGRG (a bare state_dict of 334 entries) to ours. The region proposal network's first convolution has
 * two possible names. Source: docs/reference/state-dicts.md#detector. The first row that fits counts.
 */
export const RGRG_DETECTOR_STAGE1_KEY_MAP: KeyMap = [
  { from: 'backbone.1.num_batches_tracked', to: null },
  { from: 'backbone.{}.{}.{}.num_batches_tracked', to: null },
  { from: 'backbone.{}.{}.downsample.1.num_batches_tracked', to: null },
  { from: 'backbone.0.weight', to: 'backbone.conv1.weight' },
  { from: 'backbone.1.{}', to: 'backbone.bn1.{}' },
  ...STAGES.flatMap(({ theirs, ours }) => [
    { from: `${theirs}.{}.downsample.{}.{}`, to: `${ours}.{}.downsample.{}.{}` },
    { from: `${theirs}.{}.{}.{}`, to: `${ours}.{}.{}.{}` },
  ]),
  { from: 'rpn.head.conv.0.0.{}', to: 'rpn.conv.{}' },
  { from: 'rpn.head.conv.{}', to: 'rpn.conv.{}', isOld: true },
  { from: 'rpn.head.cls_logits.{}', to: 'rpn.objectness.{}' },
  { from: 'rpn.head.bbox_pred.{}', to: 'rpn.boxDeltas.{}' },
  { from: 'roi_heads.box_head.{}.{}', to: 'boxHead.{}.{}' },
  { from: 'roi_heads.box_predictor.cls_score.{}', to: 'boxPredictor.classLogits.{}' },
  { from: 'roi_heads.box_predictor.bbox_pred.{}', to: 'boxPredictor.boxDeltas.{}' },
  { from: 'roi_heads.dim_reduction.{}', to: 'regionProjection.{}' },
];

/** The same below the prefix `object_detector.` of a full RGRG checkpoint. */
export const RGRG_DETECTOR_KEY_MAP: KeyMap = RGRG_DETECTOR_STAGE1_KEY_MAP.map((row) => ({
  ...row,
  from: `object_detector.${row.from}`,
}));
