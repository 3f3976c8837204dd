import { crc32 } from 'node:zlib';
import {
  ROI_BOX_WEIGHTS,
  RPN_BOX_WEIGHTS,
  backbone,
  binWeights,
  boxHead,
  createAnchors,
  createDetector,
  createProposals,
  decodeBoxes,
  featureChannels,
  inAnchorOrder,
  regionProjection,
  resnetConfig,
  roiAlign,
  roiHead,
  roiAxisWeights,
  rpnHead,
  gatherRows,
  topBoxDeltas,
  topRegions,
  type BoxHeadOrder,
  type DetectorConfig,
  detectorSpecs,
} from '@crrg/detector';
import { float32, resnet, type HostTensor, type Ops, type Parameters, type Tensor } from '@crrg/tensor';
import { checkBoxes } from './boxes.js';
import { runLosses } from './losses.js';
import { goldenProposals, inputImage, openDetector, runOnce, siblingCase } from './setup.js';
import type { ParityContext, ParitySuite } from '../../framework/context.js';

/** Output of the stem and of the first `stages` stages: the trunk cut short. */
function truncatedTrunk(
  ops: Ops,
  parameters: Parameters,
  image: Tensor,
  config: DetectorConfig,
  stages: number,
): Tensor {
  const { planes, blocks, ...stem } = resnetConfig(config);
  const cut = { ...stem, planes: planes.slice(0, stages), blocks: blocks.slice(0, stages) };
  return resnet(ops, parameters.scope('backbone'), image, cut, 'backbone');
}

async function runBackbone(context: ParityContext): Promise<void> {
  const { config, weights } = await openDetector(context);
  const image = await inputImage(context);
  const signature = { inputs: { image: { shape: image.shape } }, parameters: detectorSpecs(config) };
  const outputs = await runOnce(context, signature, weights, { image }, (ops, { inputs, parameters }) => {
    const features = backbone(ops, parameters, inputs['image']!, config);
    const part = (stages: number) => truncatedTrunk(ops, parameters, inputs['image']!, config, stages);
    const channelMean = ops.mean(features, { axes: [2, 3] });
    return {
      after_maxpool: part(0),
      layer1: part(1),
      layer2: part(2),
      layer3: part(3),
      features,
      channel_mean: channelMean,
    };
  });
  for (const [name, { data }] of Object.entries(outputs)) {
    if (context.tensors.has(name) || context.tensors.has(`${name}.val`)) context.check(name, data);
  }
}

interface RpnSettings {
  readonly pre_nms_top_n: number;
  readonly post_nms_top_n: number;
  readonly nms_thresh: number;
}

async function runRpn(context: ParityContext): Promise<void> {
  const { config, weights } = await openDetector(context);
  const features = (await siblingCase(context, 'backbone')).tensors.get('features')!;
  const signature = { inputs: { features: { shape: features.shape } }, parameters: detectorSpecs(config) };
  const outputs = await runOnce(context, signature, weights, { features }, (ops, { inputs, parameters }) => {
    const maps = rpnHead(ops, parameters, inputs['features']!);
    const ordered = inAnchorOrder(ops, maps, config);
    return { objectness_nchw: maps.objectness, deltas_nchw: maps.boxDeltas, ...ordered };
  });
  context.check('objectness_nchw', outputs['objectness_nchw']!.data);
  context.check('deltas_nchw', outputs['deltas_nchw']!.data);

  const [height, width] = context.sidecar['image_hw'] as [number, number];
  const anchors = createAnchors(config, { height, width });
  checkAnchors(context, anchors);
  const objectness = outputs['objectness']!.data as Float32Array;
  const boxDeltas = outputs['boxDeltas']!.data as Float32Array;
  if (context.tensors.has('decoded_all.val')) {
    context.check('decoded_all', decodeBoxes(anchors, boxDeltas, RPN_BOX_WEIGHTS), 'decoded_all', {
      tolerance: 1e-3,
    });
  }
  const length = anchors.length / 4;
  const stated = context.sidecar['settings'] as RpnSettings;
  const limits = { preNms: stated.pre_nms_top_n, postNms: stated.post_nms_top_n };
  const nmsIouThreshold = stated.nms_thresh;
  (await goldenProposals(context)).forEach((expected, image) => {
    const output = {
      objectness: objectness.subarray(image * length, (image + 1) * length),
      boxDeltas: boxDeltas.subarray(4 * image * length, 4 * (image + 1) * length),
    };
    const options = { config: { ...config.rpn, nmsIouThreshold }, limits, inputSize: { height, width } };
    const actual = createProposals(output, anchors, options);
    const sameOrder = checkBoxes(context, `proposals_${image}`, actual.boxes, expected.boxes);
    if (sameOrder) context.check(`proposal_scores_${image}`, actual.scores, expected.scores);
  });
}

function checkAnchors(context: ParityContext, anchors: Float32Array): void {
  const { count, crc32_of_int32_le: crc } = context.sidecar['anchors'] as {
    count: number;
    crc32_of_int32_le: number;
  };
  context.checkEqual('number of anchors', [anchors.length / 4], [count]);
  context.checkEqual('crc of anchors', [crc32(new Uint8Array(Int32Array.from(anchors).buffer))], [crc]);
  for (const [name, { data }] of context.tensors) {
    if (name.startsWith('anchors_first_')) context.checkEqual(name, anchors.subarray(0, data.length));
    else if (name.startsWith('anchors_per_location_last_'))
      context.checkEqual(name, anchors.subarray(anchors.length - data.length));
  }
}

type Shapes = Readonly<Record<string, { readonly shape: readonly number[] }>>;

/** RoIAlign of the boxes at and beyond the border: all on image 0, the first few on the others, as many as the case has. */
async function checkEdgeBoxes(
  context: ParityContext,
  config: DetectorConfig,
  features: HostTensor,
): Promise<void> {
  const boxes = context.tensor('edge_boxes');
  const [batch, channels] = features.shape as [number, number];
  const numBoxes = boxes.shape[0]!;
  const repeated = float32([batch, numBoxes, 4], Array.from({ length: batch }, () => [...boxes.data]).flat());
  const signature = { inputs: { features: { shape: features.shape }, boxes: { shape: repeated.shape } } };
  const outputs = await runOnce(
    context,
    signature,
    new Map(),
    { features, boxes: repeated },
    (ops, { inputs }) => {
      const aligned = roiAlign(ops, inputs['features']!, inputs['boxes']!, config.roi);
      return { aligned, mean: ops.mean(aligned, { axes: [3] }) };
    },
  );
  const aligned = outputs['aligned']!.data as Float32Array;
  const perBox = aligned.length / (batch * numBoxes);
  const listed = { ...(context.sidecar['tensors'] as Shapes), ...(context.sidecar['sampled'] as Shapes) };
  const [numRows] = listed['edge_roialign']!.shape as [number];
  const onOthers = batch > 1 ? (numRows - numBoxes) / (batch - 1) : 0;
  const kept = Array.from({ length: batch }, (_, image) => {
    const start = image * numBoxes * perBox;
    return aligned.subarray(start, start + (image === 0 ? numBoxes : onOthers) * perBox);
  });
  context.check('edge_roialign', concatenate(kept));
  const mean = outputs['mean']!.data as Float32Array;
  const means = `edge_roialign_mean_${config.roi.outputSize}x${config.roi.outputSize}`;
  const numChannels = listed[means]!.shape[1]!;
  const firstChannels = Array.from({ length: numBoxes }, (_, box) =>
    mean.subarray(box * channels, box * channels + numChannels),
  );
  context.check(means, concatenate(firstChannels));
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

const sliceOf = (tensor: HostTensor, index: number): HostTensor<'float32'> => {
  const shape = [1, ...tensor.shape.slice(1)];
  const length = tensor.data.length / tensor.shape[0]!;
  return float32(shape, tensor.data.slice(index * length, (index + 1) * length) as Float32Array);
};

function roiStage(
  ops: Ops,
  parameters: Parameters,
  features: Tensor,
  boxes: Tensor,
  config: DetectorConfig,
  order: BoxHeadOrder,
) {
  const roi = roiHead(ops, parameters, features, boxes, config, order);
  const cells = { height: features.shape[2] as number, width: features.shape[3] as number };
  const weights = binWeights(ops, roiAxisWeights(ops, boxes, cells, config.roi));
  const top = topRegions(ops, roi.classLogits);
  return {
    class_logits: roi.classLogits,
    box_regression: roi.boxDeltas,
    pooled_features: roi.pooledFeatures,
    box_head_features: boxHead(ops, parameters, features, weights, order),
    class_detected: top.isDetected,
    top_scores: top.scores,
    indices: top.indices,
    deltas: topBoxDeltas(ops, roi.boxDeltas, top.indices),
    region_features: regionProjection(ops, parameters, gatherRows(ops, roi.pooledFeatures, top.indices)),
  };
}

async function runRoi(context: ParityContext): Promise<void> {
  const { config, weights } = await openDetector(context);
  const features = (await siblingCase(context, 'backbone')).tensors.get('features')!;
  await checkEdgeBoxes(context, config, features);
  const [, , height, width] = features.shape as [number, number, number, number];
  const proposals = await goldenProposals(context);
  const [imageHeight, imageWidth] = context.sidecar['image_hw'] as [number, number];
  const signature = {
    inputs: {
      features: { shape: [1, featureChannels(config), height, width] },
      boxes: { shape: [1, 'boxes', 4] },
    },
    parameters: detectorSpecs(config),
  };
  // The direct order needs 0.5 MB a box at full size: checked on the small configurations.
  const orders: BoxHeadOrder[] = config.representationSize > 256 ? ['factored'] : ['factored', 'direct'];
  for (const order of orders) {
    const images: Record<string, HostTensor>[] = [];
    for (const [image, { boxes }] of proposals.entries()) {
      const inputs = { features: sliceOf(features, image), boxes: float32([1, boxes.length / 4, 4], boxes) };
      images.push(
        await runOnce(context, signature, weights, inputs, (ops, { inputs, parameters }) =>
          roiStage(ops, parameters, inputs['features']!, inputs['boxes']!, config, order),
        ),
      );
    }
    const all = (name: string) => concatenate(images.map((output) => Float32Array.from(output[name]!.data)));
    for (const name of [
      'class_logits',
      'box_regression',
      'pooled_features',
      'box_head_features',
      'top_scores',
    ]) {
      context.check(`${name} (${order})`, all(name), name, {});
    }
    context.checkEqual(`class_detected (${order})`, all('class_detected'), 'class_detected');
    context.check(`region_features (${order})`, all('region_features'), 'region_features', {});
    const topBoxes = images.map((output, image) => {
      const { boxes } = proposals[image]!;
      const best = concatenate(
        Array.from(output['indices']!.data, (row) => boxes.subarray(4 * row, 4 * row + 4)),
      );
      const decoded = decodeBoxes(best, output['deltas']!.data as Float32Array, ROI_BOX_WEIGHTS);
      return decoded.map((value, i) => Math.min(Math.max(value, 0), i % 2 === 0 ? imageWidth : imageHeight));
    });
    context.check(`top_region_boxes (${order})`, concatenate(topBoxes), 'top_region_boxes', {});
  }
}

async function runFullEvaluation(context: ParityContext): Promise<void> {
  const options = { ...(await openDetector(context)), backend: await context.backend() };
  const detector = createDetector(options);
  try {
    const detections = await detector.detect(await inputImage(context));
    const isDetected = detections.flatMap((image) => image.isDetected);
    context.checkEqual('class_detected', isDetected);
    context.check('top_scores', concatenate(detections.map(({ scores }) => scores)));
    context.check('top_region_boxes', concatenate(detections.map(({ boxes }) => boxes)));
    context.check('region_features', concatenate(detections.map(({ regionFeatures }) => regionFeatures)));
  } finally {
    detector.dispose();
  }
}

const RUNNERS: readonly (readonly [stage: RegExp, run: (context: ParityContext) => Promise<void>])[] = [
  [/\.backbone$/, runBackbone],
  [/\.rpn$/, runRpn],
  [/\.roi$/, runRoi],
  [/\.full_eval$/, runFullEvaluation],
  [/\.losses$/, runLosses],
];

const runnerOf = (caseName: string) => RUNNERS.find(([stage]) => stage.test(caseName))?.[1];

/** Trunk, region proposal network, RoI head, whole detector, losses and gradients. */
export const detectorSuite: ParitySuite = {
  name: 'detector',
  matches: (caseName) => caseName.startsWith('detector/') && runnerOf(caseName) !== undefined,
  run: (context) => runnerOf(context.name)!(context),
};
