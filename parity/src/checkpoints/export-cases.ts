/**
 * Exports a report model and a contrastive model with a probe for RGRG, CXR-CLIP and ONNX, and writes what this engine makes of random
 * inputs beside them, for parity/check_export.py:
 *
 *   npx tsx --conditions=@crrg/source parity/src/checkpoints/export-cases.ts --out /tmp/exported
 *   python parity/check_export.py /tmp/exported
 *
 * --rrg and --rclip take bundles; without them two are made with random weights, of the published trunk with one block a stage.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { encodeSafetensors } from '@crrg/checkpoints';
import { writeBundle } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { traceBackboneAndRpn, traceTopRegions } from '@crrg/detector';
import {
  loadClassifierModel,
  loadModel,
  parseRrgConfig,
  partOf,
  rrgSpecs,
  toRclipManifest,
  type RclipModel,
  type ReportModel,
} from '@crrg/pipeline';
import { exportModel, type ExportTarget } from '@crrg/pipeline/export';
import { parseRclipConfig, rclipSpecs, traceImageStage, traceTextStage } from '@crrg/rclip';
import { traceRegionSelector } from '@crrg/region-selector';
import {
  languageModel,
  reportGenSpecs,
  toVocabularyFiles,
  trainBpe,
  type ReportGenConfig,
} from '@crrg/report-gen';
import {
  float32,
  initializeParameters,
  int32,
  runToHost,
  trace,
  type Graph,
  type HostTensor,
  type ParameterSpecs,
  type StateDict,
} from '@crrg/tensor';

const { values: options } = parseArgs({
  options: { out: { type: 'string' }, rrg: { type: 'string' }, rclip: { type: 'string' } },
});
if (!options.out) throw new Error('parity.exportCases: --out FOLDER is needed.');
const out = options.out;
await mkdir(out, { recursive: true });

const random = createRandom(41);
const normals = (...shape: number[]) =>
  float32(
    shape,
    Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.normal()),
  );

/** Random weights in which no norm is at its start and boxes differ in their region. */
function randomWeights(specs: ParameterSpecs): Map<string, HostTensor> {
  const weights = initializeParameters(specs, createRandom(5));
  for (const [name, { data }] of weights)
    if (/^detector\.(boxHead|boxPredictor\.classLogits)/.test(name)) {
      const factor = name.includes('classLogits') ? 10 : 1;
      for (let at = 0; at < data.length; at++)
        data[at] = name.endsWith('bias') ? 0 : factor * (data[at]! - data[(at + 1) % data.length]!);
    }
  for (const [name, { data }] of weights)
    if (/running_mean$|(bn\d|norm|downsample\.1)\.(weight|bias)$|running_var$/i.test(name))
      for (let at = 0; at < data.length; at++)
        data[at] = random.uniform(
          ...((/weight$|var$/.test(name) ? [0.5, 1.5] : [-0.3, 0.3]) as [number, number]),
        );
  return weights;
}

const ABOUT = {
  version: '1',
  licence: 'made-up numbers',
  trainingData: 'none',
  source: 'parity/src/checkpoints/export-cases.ts',
  modelCard: null,
};

async function makeReportModel(): Promise<string> {
  const { vocabJson, mergesText } = toVocabularyFiles(trainBpe(['the lungs are clear'], { vocabSize: 264 }));
  const vocabSize = Object.keys(JSON.parse(vocabJson) as object).length;
  const ends = { bosTokenId: vocabSize - 1, eosTokenId: vocabSize - 1, padTokenId: vocabSize - 1 };
  const config = parseRrgConfig({
    detector: { imageSize: 128, blocks: [1, 1, 1, 1], representationSize: 64, regionFeatureDim: 32 },
    regionSelector: { inputDim: 32, hidden: [16, 8] },
    reportGen: {
      numLayers: 2,
      numHeads: 4,
      width: 32,
      ffnWidth: 64,
      vocabSize,
      numPositions: 40,
      regionFeatureDim: 32,
      ...ends,
    },
  });
  const file = (text: string) => ({ role: 'tokenizer' as const, bytes: new TextEncoder().encode(text) });
  await writeBundle(path.join(out, 'rrg'), {
    ...ABOUT,
    name: 'rrg',
    config: { ...config },
    preprocessing: { size: 128, mean: 0.471, std: 0.302 },
    labels: [],
    thresholds: {},
    tokenizer: { kind: 'byte-bpe', vocab: 'vocab.json', merges: 'merges.txt' },
    attachments: { 'vocab.json': file(vocabJson), 'merges.txt': file(mergesText) },
    weights: randomWeights(rrgSpecs(config)),
  });
  return path.join(out, 'rrg');
}

async function makeContrastiveModel(): Promise<string> {
  const config = parseRclipConfig({
    imageEncoder: { imageSize: 64, blocks: [1, 1, 1, 1] },
    textEncoder: {
      vocabSize: 60,
      width: 48,
      numLayers: 2,
      numHeads: 4,
      ffnWidth: 96,
      numPositions: 32,
      maxLength: 24,
    },
    embeddingDim: 24,
    probe: { labels: ['Pneumonia', 'Edema'] },
  });
  await writeBundle(path.join(out, 'rclip'), {
    ...ABOUT,
    ...toRclipManifest(config),
    name: 'rclip',
    preprocessing: {},
    tokenizer: null,
    weights: randomWeights(rclipSpecs(config)),
  });
  return path.join(out, 'rclip');
}

const backend = await createOnnxBackend({});

async function run(graph: Graph, weights: StateDict, inputs: Record<string, HostTensor>) {
  const executable = await backend.compile(graph, { weights });
  const outputs = await runToHost(executable, inputs);
  executable.dispose();
  return { inputs, outputs };
}

type Ran = Awaited<ReturnType<typeof run>>;

/** The whole language model, without a cache. */
function traceLanguageModel(config: ReportGenConfig): Graph {
  const tokens = ['S', 'T'];
  return trace(
    {
      inputs: {
        tokenIds: { shape: tokens, dtype: 'int32' },
        attentionMask: { shape: tokens },
        regionFeatures: { shape: ['S', config.regionFeatureDim] },
      },
      parameters: reportGenSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const { tokenIds, attentionMask, regionFeatures } = inputs;
      const given = { tokenIds: tokenIds!, attentionMask: attentionMask!, regionFeatures: regionFeatures! };
      return { logits: languageModel(ops, parameters, given, config).logits };
    },
  );
}

/** Random token ids of several lengths with their mask. */
function randomTokens(rows: number, length: number, vocabSize: number) {
  const ids = Array.from({ length: rows * length }, () => random.integer(vocabSize));
  const mask = Array.from({ length: rows * length }, (_, at) =>
    at % length < length - 2 * Math.floor(at / length) ? 1 : 0,
  );
  return { tokenIds: int32([rows, length], ids), attentionMask: float32([rows, length], mask) };
}

async function reportCases({ config, weights }: ReportModel): Promise<Record<string, Ran>> {
  const { detector, regionSelector, reportGen } = config;
  const size = { height: detector.imageSize, width: detector.imageSize };
  const own = partOf(weights, 'detector');
  const backbone = await run(traceBackboneAndRpn(detector, size), own, {
    image: normals(2, 1, size.height, size.width),
  });
  const corners = Array.from({ length: 12 }, () => {
    const [x, y] = [random.uniform(0, size.width / 2), random.uniform(0, size.height / 2)];
    return [x, y, x + random.uniform(10, size.width / 2), y + random.uniform(10, size.height / 2)];
  });
  const boxes = float32([1, 12, 4], corners.flat());
  const features = backbone.outputs['features']!;
  const regions = await run(traceTopRegions(detector, size), own, {
    features,
    image: int32([1], [1]),
    boxes,
  });
  const selector = await run(traceRegionSelector(regionSelector), partOf(weights, 'regionSelector'), {
    regionFeatures: normals(29, regionSelector.inputDim),
  });
  const language = await run(traceLanguageModel(reportGen), partOf(weights, 'reportGen'), {
    ...randomTokens(3, 11, reportGen.vocabSize),
    regionFeatures: normals(3, reportGen.regionFeatureDim),
  });
  return {
    'detector-backbone': backbone,
    'detector-regions': regions,
    'region-selector': selector,
    language,
  };
}

async function contrastiveCases({ config, weights }: RclipModel): Promise<Record<string, Ran>> {
  const { imageSize } = config.imageEncoder;
  const image = await run(traceImageStage(config), weights, { images: normals(2, 3, imageSize, imageSize) });
  const text = await run(traceTextStage(config), weights, randomTokens(3, 9, config.textEncoder!.vocabSize));
  return { 'image-encoder': image, 'text-encoder': text };
}

/** `NETWORK.in.NAME` and `NETWORK.out.NAME`. */
async function writeCases(name: string, cases: Record<string, Ran>): Promise<void> {
  const named = (network: string, side: string, tensors: Record<string, HostTensor>) =>
    Object.entries(tensors).map(([key, tensor]) => [`${network}.${side}.${key}`, tensor] as const);
  const tensors = Object.entries(cases).flatMap(([network, { inputs, outputs }]) => [
    ...named(network, 'in', inputs),
    ...named(network, 'out', outputs),
  ]);
  await writeFile(path.join(out, `${name}.safetensors`), encodeSafetensors(new Map(tensors)));
}

async function write(bundle: string, targets: Partial<Record<ExportTarget, string>>, config: object) {
  for (const [to, file] of Object.entries(targets))
    await exportModel(bundle, { to: to as ExportTarget, out: path.join(out, file) });
  return config;
}

const rrg = options.rrg ?? (await makeReportModel());
const rclip = options.rclip ?? (await makeContrastiveModel());
const [report, contrastive] = [await loadModel(rrg), await loadClassifierModel(rclip)];
await writeCases('rrg', await reportCases(report));
await writeCases('rclip', await contrastiveCases(contrastive));
const probe = contrastive.config.probe ? { 'cxr-clip-probe': 'probe.tar' } : {};
const rclipTargets = { 'cxr-clip': 'rclip.tar', onnx: 'rclip-onnx', ...probe };
const configs = {
  rrg: await write(rrg, { rgrg: 'rrg.pt', onnx: 'rrg-onnx' }, report.config),
  rclip: await write(rclip, rclipTargets, contrastive.config),
};
await writeFile(path.join(out, 'configs.json'), JSON.stringify(configs));
backend.dispose();
console.log(`${out}: rrg and rclip for torch and ONNX`);
