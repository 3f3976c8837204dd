import { createRandom, type Box, type Random } from '@crrg/core';
import { flipBoxHorizontal, flipHorizontal, type BoxTransform } from '@crrg/image';
import {
  crossEntropy,
  float32,
  initializeParameters,
  int32,
  linear,
  linearSpecs,
  prefixSpecs,
  resnet,
  resnetFeatureChannels,
  resnetSpecs,
  runToHost,
  smoothL1,
  trace,
  type Backend,
  type BufferUpdates,
  type HostTensor,
  type InputSpec,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type ResNetConfig,
  type StateDict,
  type Tensor,
} from '@crrg/tensor';
import { wholeBatches } from '@crrg/train';
import {
  adamw,
  createTrainStep,
  train,
  warmupCosine,
  type LossFunction,
  type TrainListener,
} from '@crrg/train-loop';
import { IMAGE_SIZE } from './config.js';
import { augmentedInput, plainInput, type SmallFilm } from './films.js';
import type { LungBoxes } from './pseudo-regions.js';

/** A network on the trunk that the recipe trains before the detector. */
interface Pretask<Example> {
  readonly name: string;
  readonly specs: ParameterSpecs;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly loss: LossFunction;
  readonly pack: (examples: readonly Example[], random: Random) => Record<string, HostTensor>;
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
}

/** Runs a pretask from given weights. */
async function runPretask<Example>(
  task: Pretask<Example>,
  examples: readonly Example[],
  options: {
    readonly backend: Backend;
    readonly weights: StateDict;
    readonly seed: number;
    readonly onProgress?: TrainListener | undefined;
  },
): Promise<Map<string, HostTensor>> {
  const { backend, weights, seed, onProgress } = options;
  const batches = Math.floor(examples.length / task.batchSize);
  const step = await createTrainStep({
    backend,
    specs: task.specs,
    weights,
    inputs: task.inputs,
    loss: task.loss,
    optimizer: adamw({ weightDecay: 0.02 }),
  });
  try {
    await train<readonly Example[]>({
      step,
      data: (_epoch, random) => wholeBatches(random.shuffle(examples), task.batchSize),
      prepare: (batch, { random }) => task.pack(batch, random),
      schedule: warmupCosine({
        learningRate: task.learningRate,
        totalSteps: batches * task.epochs,
        warmupSteps: batches,
      }),
      epochs: task.epochs,
      batchesPerEpoch: batches,
      seed,
      onProgress,
    });
    return await step.exportParameters();
  } finally {
    step.dispose();
  }
}

function packPlanes(planes: readonly Float32Array[]): HostTensor {
  const data = new Float32Array(planes.length * IMAGE_SIZE * IMAGE_SIZE);
  planes.forEach((plane, index) => data.set(plane, index * plane.length));
  return float32([planes.length, 1, IMAGE_SIZE, IMAGE_SIZE], data);
}

const imageSpec = (batch: number): InputSpec => ({ shape: [batch, 1, IMAGE_SIZE, IMAGE_SIZE] });

/** A film with the class that the first pretask learns. */
export interface LabelledFilm {
  readonly film: SmallFilm;
  readonly label: number;
}

/** Trunk and classifier learn to tell classes of films apart; gives `backbone.*` and `head.*`. */
export async function pretrainTrunk(
  films: readonly LabelledFilm[],
  config: ResNetConfig,
  options: {
    readonly backend: Backend;
    readonly seed: number;
    readonly classes: number;
    readonly epochs: number;
    readonly onProgress?: TrainListener | undefined;
  },
): Promise<Map<string, HostTensor>> {
  const batchSize = 32;
  const specs = {
    ...prefixSpecs('backbone', resnetSpecs(config)),
    ...prefixSpecs('head', linearSpecs(resnetFeatureChannels(config), options.classes)),
  };
  const task: Pretask<LabelledFilm> = {
    name: 'trunk',
    specs,
    inputs: { image: imageSpec(batchSize), label: { shape: [batchSize], dtype: 'int32' } },
    batchSize,
    epochs: options.epochs,
    learningRate: 2e-3,
    loss: (ops, { inputs, parameters }) => {
      const updates: BufferUpdates = new Map();
      const features = resnet(ops, parameters.scope('backbone'), inputs['image']!, config, 'backbone', {
        training: true,
        updates,
      });
      const logits = linear(ops, parameters.scope('head'), ops.mean(features, { axes: [2, 3] }));
      return {
        loss: ops.mean(crossEntropy(ops, logits, inputs['label']!)),
        updates: Object.fromEntries(updates),
      };
    },
    pack: (examples, random) => ({
      image: packPlanes(
        examples.map(({ film }, index) => augmentedInput(film, [], random.fork(`${index}`), 'turned').data),
      ),
      label: int32(
        [batchSize],
        examples.map(({ label }) => label),
      ),
    }),
  };
  return runPretask(task, films, {
    ...options,
    weights: initializeParameters(specs, createRandom(options.seed)),
  });
}

/** A film with its lungs, in pixels of the small film. */
export interface LungExample {
  readonly film: SmallFilm;
  readonly lungs: LungBoxes;
}

function lungSpecs(config: ResNetConfig): ParameterSpecs {
  const cells = (IMAGE_SIZE / 32) ** 2;
  return {
    ...prefixSpecs('backbone', resnetSpecs(config)),
    ...prefixSpecs('fc1', linearSpecs(resnetFeatureChannels(config) * cells, 128)),
    ...prefixSpecs('fc2', linearSpecs(128, 8)),
  };
}

/** Two boxes as eight fractions of the input's side: `[B, 8]`. */
function lungHead(ops: Ops, parameters: Parameters, features: Tensor): Tensor {
  const [batch, ...rest] = features.shape as readonly number[];
  const flat = ops.reshape(features, [batch!, rest.reduce((a, b) => a * b, 1)]);
  return ops.sigmoid(
    linear(ops, parameters.scope('fc2'), ops.relu(linear(ops, parameters.scope('fc1'), flat))),
  );
}

function flipExample({ film, lungs }: LungExample): LungExample {
  const { width } = film.image;
  return {
    film: { ...film, image: flipHorizontal(film.image) },
    lungs: { right: flipBoxHorizontal(lungs.left, width), left: flipBoxHorizontal(lungs.right, width) },
  };
}

function lungTargets(boxes: readonly Box[]): number[] {
  return boxes.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2].map((value) => value / IMAGE_SIZE));
}

/** The trunk learns to box the two lungs; gives `backbone.*`, `fc1.*`, `fc2.*`. */
export async function trainLungBoxes(
  examples: readonly LungExample[],
  config: ResNetConfig,
  options: {
    readonly backend: Backend;
    readonly seed: number;
    readonly epochs: number;
    readonly trunk: StateDict;
    readonly onProgress?: TrainListener | undefined;
  },
): Promise<Map<string, HostTensor>> {
  const batchSize = 16;
  const specs = lungSpecs(config);
  const weights = initializeParameters(specs, createRandom(options.seed));
  for (const [name, tensor] of options.trunk) if (weights.has(name)) weights.set(name, tensor);
  const task: Pretask<LungExample> = {
    name: 'lungs',
    specs,
    inputs: { image: imageSpec(batchSize), boxes: { shape: [batchSize, 8] } },
    batchSize,
    epochs: options.epochs,
    learningRate: 1e-3,
    loss: (ops, { inputs, parameters }) => {
      const updates: BufferUpdates = new Map();
      const features = resnet(ops, parameters.scope('backbone'), inputs['image']!, config, 'backbone', {
        training: true,
        updates,
      });
      const loss = ops.mean(smoothL1(ops, lungHead(ops, parameters, features), inputs['boxes']!, 0.05));
      return { loss: ops.mul(loss, 20), updates: Object.fromEntries(updates) };
    },
    pack: (batch, random) => {
      const samples = batch.map((example, index) => {
        const source = random.fork(`${index}`);
        const { film, lungs } = source.next() < 0.5 ? flipExample(example) : example;
        return augmentedInput(film, [{ box: lungs.right }, { box: lungs.left }], source, 'wide');
      });
      return {
        image: packPlanes(samples.map(({ data }) => data)),
        boxes: float32(
          [batchSize, 8],
          samples.flatMap(({ objects }) => lungTargets(objects.map(({ box }) => box))),
        ),
      };
    },
  };
  return runPretask(task, examples, { ...options, weights });
}

/** Boxes the lungs of films with a trained network; pixels of the small films. The film and its mirror image are averaged. */
export async function predictLungs(
  films: readonly SmallFilm[],
  config: ResNetConfig,
  options: {
    readonly backend: Backend;
    readonly weights: StateDict;
    readonly transformOf: (film: SmallFilm) => BoxTransform;
  },
): Promise<LungBoxes[]> {
  const graph = trace(
    { inputs: { image: imageSpec(2) }, parameters: lungSpecs(config) },
    (ops, { inputs, parameters }) => ({
      boxes: lungHead(
        ops,
        parameters,
        resnet(ops, parameters.scope('backbone'), inputs['image']!, config, 'backbone'),
      ),
    }),
  );
  const executable = await options.backend.compile(graph, { weights: options.weights });
  const results: LungBoxes[] = [];
  for (const film of films) {
    const mirrored = { ...film, image: flipHorizontal(film.image) };
    const { boxes } = await runToHost(executable, {
      image: packPlanes([plainInput(film), plainInput(mirrored)]),
    });
    results.push(averageLungs(boxes!.data as Float32Array, film, options.transformOf(film)));
  }
  executable.dispose();
  return results;
}

function averageLungs(data: Float32Array, { image }: SmallFilm, transform: BoxTransform): LungBoxes {
  const box = (start: number): Box => {
    const [x1, y1, x2, y2] = [...data.subarray(start, start + 4)].map((value) => value * IMAGE_SIZE) as [
      number,
      number,
      number,
      number,
    ];
    return transform.toImage({ x1, y1, x2, y2 });
  };
  const mirror = (b: Box) => flipBoxHorizontal(b, image.width);
  const mean = (a: Box, b: Box): Box => ({
    x1: (a.x1 + b.x1) / 2,
    y1: (a.y1 + b.y1) / 2,
    x2: (a.x2 + b.x2) / 2,
    y2: (a.y2 + b.y2) / 2,
  });
  return { right: mean(box(0), mirror(box(12))), left: mean(box(4), mirror(box(8))) };
}
