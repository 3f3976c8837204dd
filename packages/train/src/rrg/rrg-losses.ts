// Shape shorthand: B batch, R regions (29), D width of region features, K rows of text, T tokens.
import {
  detectorTraining,
  regionProjection,
  gatherRows,
  topRegions,
  totalDetectorLoss,
  type DetectorLosses,
  type TopRegions,
} from '@crrg/detector';
import { classifierLoss, classifyRegions } from '@crrg/region-selector';
import { languageModel, languageModelLoss } from '@crrg/report-gen';
import {
  mulDims,
  type BufferUpdates,
  type NormalizationMode,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import type { LossFunction } from '@crrg/train-loop';
import type { RrgConfig } from '@crrg/pipeline';
import { dropoutFrom } from '../dropout-seed.js';

/** What is trained: the detector alone; with the two classifiers; with the sentence generator. Source: docs/reference/training.md#stages. */
export type RrgStage = 'detector' | 'classifiers' | 'full';

/** The total and its parts, as scalars. */
export interface RrgLosses {
  readonly loss: Tensor;
  readonly detector: DetectorLosses;
  readonly selection?: Tensor | undefined;
  readonly abnormality?: Tensor | undefined;
  readonly languageModel?: Tensor | undefined;
  /** Best boxes of the regions and their features `[B, R, D]`; absent in the detector stage. */
  readonly regions?:
    | (TopRegions & {
        readonly features: Tensor;
        readonly selectionLogits: Tensor;
        readonly abnormalityLogits: Tensor;
      })
    | undefined;
}

/** How the losses are traced. */
export interface RrgLossOptions {
  readonly stage: RrgStage;
  /** Batch statistics in the trunk, and text rows by detection; else running statistics, and text rows by selection. */
  readonly training: boolean;
  /** The trunk's normalisation. @defaultValue follows `training`, with torch's momentum */
  readonly normalization?: NormalizationMode | undefined;
  /** Of GPT-2; needs the inputs of `dropoutInputs`. @defaultValue 0 */
  readonly dropout?: number | undefined;
}

/** Weights of the parts in the total. Source: RGRG's `train_full_model.py`. */
const LOSS_WEIGHTS = { detector: 1, selection: 5, abnormality: 5, languageModel: 2 } as const;

/** Rows `indices [K]` of a tensor flattened over its first two axes. */
function takeRegions(ops: Ops, x: Tensor, indices: Tensor): Tensor {
  const [batch, regions, ...rest] = x.shape;
  return ops.gather(ops.reshape(x, [mulDims(batch!, regions!), ...rest]), indices, 0);
}

function textLoss(
  ops: Ops,
  parameters: Parameters,
  inputs: Readonly<Record<string, Tensor>>,
  regions: NonNullable<RrgLosses['regions']>,
  keep: Tensor,
  config: RrgConfig,
  dropout: number,
): Tensor {
  const [tokenIds, attentionMask, rows] = [
    inputs['tokenIds']!,
    inputs['attentionMask']!,
    inputs['textRows']!,
  ];
  const regionFeatures = takeRegions(ops, regions.features, rows);
  const { logits } = languageModel(
    ops,
    parameters.scope('reportGen'),
    { tokenIds, attentionMask, regionFeatures, dropout: dropoutFrom(ops, inputs, dropout) },
    config.reportGen,
  );
  const kept = ops.reshape(takeRegions(ops, ops.cast(keep, 'float32'), rows), [rows.shape[0]!, 1]);
  return languageModelLoss(ops, logits, tokenIds, ops.mul(attentionMask, kept));
}

/**
 * The losses of one stage from the inputs of `rrgBatchInputs`; those of `partial` ones leave out what samples do not say. Nothing is frozen between the stages but GPT-2 itself: the detector
 * keeps learning and receives gradient from the classifiers and the text.
 *
 * Source: docs/reference/training.md#total-loss; RGRG's `report_generation_model.py`. Differences: a batch without a row of text has text
 * loss 0 (the reference skips the batch).
 */
export function rrgLosses(
  ops: Ops,
  parameters: Parameters,
  inputs: Readonly<Record<string, Tensor>>,
  config: RrgConfig,
  options: RrgLossOptions,
): RrgLosses {
  const { stage, training } = options;
  const updates: BufferUpdates = new Map();
  const mode = options.normalization ?? (training ? { training: true, updates } : { training: false });
  const pass = detectorTraining(ops, parameters.scope('detector'), inputs, config.detector, {
    mode,
    name: 'detector.backbone',
  });
  const detectorLoss = totalDetectorLoss(ops, pass.losses);
  if (stage === 'detector') return { loss: detectorLoss, detector: pass.losses };

  const top = topRegions(ops, pass.roi.classLogits, pass.boxMask);
  const features = regionProjection(
    ops,
    parameters.scope('detector'),
    gatherRows(ops, pass.roi.pooledFeatures, top.indices),
  );
  const classify = (name: 'selection' | 'abnormality') =>
    classifyRegions(ops, parameters.scope('regionSelector'), features, name);
  const regions = {
    ...top,
    features,
    selectionLogits: classify('selection'),
    abnormalityLogits: classify('abnormality'),
  };
  const found = ops.cast(top.isDetected, 'float32');
  const isDetected = inputs['isDescribed'] ? ops.mul(found, inputs['isDescribed']) : found;
  const { selectionPosWeight, abnormalityPosWeight, thresholdLogit } = config.regionSelector;
  const selection = classifierLoss(ops, regions.selectionLogits, {
    targets: inputs['hasPhrase']!,
    isDetected,
    posWeight: selectionPosWeight,
  });
  const abnormality = classifierLoss(ops, regions.abnormalityLogits, {
    targets: inputs['isAbnormal']!,
    isDetected,
    posWeight: abnormalityPosWeight,
  });
  const classified = ops.add(
    ops.mul(detectorLoss, LOSS_WEIGHTS.detector),
    ops.add(ops.mul(selection, LOSS_WEIGHTS.selection), ops.mul(abnormality, LOSS_WEIGHTS.abnormality)),
  );
  if (stage === 'classifiers')
    return { loss: classified, detector: pass.losses, selection, abnormality, regions };

  const isSelected = ops.and(top.isDetected, ops.less(thresholdLogit, regions.selectionLogits));
  const kept = training ? top.isDetected : isSelected;
  const text = textLoss(ops, parameters, inputs, regions, kept, config, options.dropout ?? 0);
  const loss = ops.add(classified, ops.mul(text, LOSS_WEIGHTS.languageModel));
  return { loss, detector: pass.losses, selection, abnormality, languageModel: text, regions };
}

/** {@link rrgLosses} as `@crrg/train-loop` takes it: parts as metrics, running statistics as updates. */
export function rrgLossFunction(
  config: RrgConfig,
  options: Omit<RrgLossOptions, 'normalization'>,
): LossFunction {
  return (ops, { inputs, parameters }) => {
    const updates: BufferUpdates = new Map();
    const normalization: NormalizationMode = options.training
      ? { training: true, updates }
      : { training: false };
    const {
      loss,
      detector,
      selection,
      abnormality,
      languageModel: text,
    } = rrgLosses(ops, parameters, inputs, config, { ...options, normalization });
    const parts = { ...detector, selection, abnormality, languageModel: text };
    const metrics = Object.fromEntries(
      Object.entries(parts).filter((entry): entry is [string, Tensor] => entry[1] !== undefined),
    );
    return { loss, metrics, updates: Object.fromEntries(updates) };
  };
}
