import type { Size } from '@crrg/core';
import { trace, type Graph } from '@crrg/tensor';
import { featureChannels, featureSize, type DetectorConfig } from './config.js';
import {
  backboneAndRpn,
  cheaperOrder,
  pooledBoxFeatures,
  regionProjection,
  roiHead,
  gatherRows,
  topBoxDeltas,
  topRegions,
} from './forward.js';
import type { DetectorDType } from './dtype.js';
import { detectorSpecs } from './specs.js';

/** First stage: `image [B, 1, H, W]` to `features [B, C, h, w]`, `objectness [B, L]`, `boxDeltas [B, L, 4]` in anchor order. */
export function traceBackboneAndRpn(config: DetectorConfig, inputSize: Size): Graph {
  const inputs = { image: { shape: ['batch', 1, inputSize.height, inputSize.width] } };
  return trace({ inputs, parameters: detectorSpecs(config) }, (ops, { inputs, parameters }) => {
    const { features, objectness, boxDeltas } = backboneAndRpn(ops, parameters, inputs['image']!, config);
    return { features, objectness, boxDeltas };
  });
}

function roiInputs(config: DetectorConfig, inputSize: Size) {
  const { height, width } = featureSize(inputSize);
  return {
    features: { shape: ['batch', featureChannels(config), height, width] },
    image: { shape: [1], dtype: 'int32' as const },
    boxes: { shape: [1, 'boxes', 4] },
  };
}

/**
 * Second stage, for the image number `image [1]` and its `boxes [1, N, 4]`: the best box of every region. `logitSum` is finite where all class
 * logits are.
 */
export function traceTopRegions(
  config: DetectorConfig,
  inputSize: Size,
  dtype: DetectorDType = 'fp32',
): Graph {
  const inputs = roiInputs(config, inputSize);
  const { height, width } = featureSize(inputSize);
  const cheaper = cheaperOrder(config, height * width, config.rpn.evaluation.postNms);
  const order = cheaper === 'factored' && dtype === 'q8' ? 'factoredByBin' : cheaper;
  return trace({ inputs, parameters: detectorSpecs(config) }, (ops, { inputs, parameters }) => {
    const features = ops.gather(inputs['features']!, inputs['image']!, 0);
    const roi = roiHead(ops, parameters, features, inputs['boxes']!, config, order);
    const { scores, isDetected, indices } = topRegions(ops, roi.classLogits);
    return {
      logitSum: ops.sum(roi.classLogits),
      scores,
      isDetected,
      indices,
      boxDeltas: topBoxDeltas(ops, roi.boxDeltas, indices),
      regionFeatures: regionProjection(ops, parameters, gatherRows(ops, roi.pooledFeatures, indices)),
    };
  });
}

/** Region features of given boxes `[1, N, 4]` of the image number `image [1]`. */
export function traceBoxFeatures(config: DetectorConfig, inputSize: Size): Graph {
  return trace(
    { inputs: roiInputs(config, inputSize), parameters: detectorSpecs(config) },
    (ops, { inputs, parameters }) => {
      const features = ops.gather(inputs['features']!, inputs['image']!, 0);
      return {
        regionFeatures: regionProjection(
          ops,
          parameters,
          pooledBoxFeatures(ops, features, inputs['boxes']!, config),
        ),
      };
    },
  );
}
