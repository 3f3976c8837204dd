import { applyKeyMap } from '@crrg/checkpoints';
import type { Size } from '@crrg/core';
import {
  RGRG_DETECTOR_KEY_MAP,
  detectorSpecs,
  parseDetectorConfig,
  type DetectorConfig,
  type Proposals,
} from '@crrg/detector';
import { RGRG_PREPROCESSING, normalise, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import {
  float32,
  runToHost,
  trace,
  type Executable,
  type Graph,
  type HostTensor,
  type Ops,
  type StateDict,
  type Tensor,
  type TraceScope,
  type TraceSignature,
} from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { runGraph } from '../../framework/run-graph.js';

/** What every detector case starts from. */
export interface DetectorSetup {
  readonly config: DetectorConfig;
  readonly weights: StateDict;
}

interface TinyOrFullSettings {
  readonly image: number;
  readonly stem: number;
  readonly planes: readonly number[];
  readonly blocks: readonly number[];
  readonly rep: number;
  readonly dim: number;
}

/** What tells the sizes of a model: the settings of a weight manifest, and the shapes of its weights under their reference names. */
export interface ModelSizes {
  readonly settings: Readonly<Record<string, unknown>>;
  shapeOf(name: string): readonly number[];
}

/** The detector configuration of a model. The number of regions and the bins of RoIAlign are in no settings: shapes tell them. */
export function detectorConfigOf({ settings, shapeOf }: ModelSizes): DetectorConfig {
  const { image, stem, planes, blocks, rep, dim } = settings as unknown as TinyOrFullSettings;
  const [numClasses] = shapeOf('object_detector.roi_heads.box_predictor.cls_score.weight') as [number];
  const [, bins] = shapeOf('object_detector.roi_heads.box_head.fc6.weight') as [number, number];
  return parseDetectorConfig({
    imageSize: image,
    stemWidth: stem,
    planes,
    blocks,
    representationSize: rep,
    regionFeatureDim: dim,
    numRegions: numClasses - 1,
    roi: { outputSize: Math.sqrt(bins / (4 * planes.at(-1)!)) },
  });
}

/** Configuration and weights of a case, under our names. */
export async function openDetector(context: ParityContext): Promise<DetectorSetup> {
  const name = context.sidecar['config'] as string;
  const config = detectorConfigOf(await context.weightSource(name));
  const reference = await context.weights(name, { prefix: 'object_detector.' });
  return { config, weights: applyKeyMap(reference, RGRG_DETECTOR_KEY_MAP, detectorSpecs(config)) };
}

/** The case of the same images that holds another stage. */
export function siblingCase(context: ParityContext, stage: string) {
  return context.otherCase(context.name.replace(/\.[a-z_]+$/, `.${stage}`));
}

/** The network input of a case: stored beside the backbone case, or a preprocessed picture. */
export async function inputImage(context: ParityContext): Promise<HostTensor<'float32'>> {
  const stored = (await siblingCase(context, 'backbone')).tensors.get('input');
  if (stored) return stored as HostTensor<'float32'>;
  const image = await readPicture(context);
  return float32([1, 1, image.height, image.width], normalise(image, RGRG_PREPROCESSING));
}

/** The picture that a case names as its input, by a path relative to the folder. */
export async function readPicture(context: ParityContext): Promise<GreyImage> {
  const picture = /([\w./-]+\.png)/.exec(String(context.sidecar['input']))?.[1];
  if (picture === undefined) throw new Error(`${context.name}: neither a stored input nor a picture`);
  return decodeImage(await context.file(`../${picture}`));
}

/** Height and width of a tensor `[.., H, W]`. */
export function sizeOfImage(image: HostTensor): Size {
  const [height, width] = image.shape.slice(-2);
  return { height: height!, width: width! };
}

/** Traces, compiles, runs once and releases. */
export async function runOnce(
  context: ParityContext,
  signature: TraceSignature,
  weights: StateDict,
  inputs: Readonly<Record<string, HostTensor>>,
  build: (ops: Ops, scope: TraceScope) => Readonly<Record<string, Tensor>>,
): Promise<Record<string, HostTensor>> {
  return runGraph(context, trace(signature, build), inputs, weights);
}

/** Graphs of one case, each compiled once. */
export class GraphCache {
  private readonly compiled = new Map<string, Executable>();

  constructor(
    private readonly context: ParityContext,
    private readonly weights: StateDict,
  ) {}

  /** Runs the graph called `key`, which `build` traces on first use. */
  async run(
    key: string,
    inputs: Readonly<Record<string, HostTensor>>,
    build: () => Graph,
  ): Promise<Record<string, HostTensor>> {
    let executable = this.compiled.get(key);
    if (!executable) {
      executable = await (await this.context.backend()).compile(build(), { weights: this.weights });
      this.compiled.set(key, executable);
    }
    return runToHost(executable, inputs);
  }

  dispose(): void {
    for (const executable of this.compiled.values()) executable.dispose();
  }
}

/** Proposals of the rpn case, per image. */
export async function goldenProposals(context: ParityContext): Promise<Proposals[]> {
  const { tensors } = await siblingCase(context, 'rpn');
  const proposals: Proposals[] = [];
  for (let image = 0; tensors.has(`proposals_${image}`); image++) {
    proposals.push({
      boxes: tensors.get(`proposals_${image}`)!.data as Float32Array,
      scores: tensors.get(`proposal_scores_${image}`)!.data as Float32Array,
    });
  }
  return proposals;
}
