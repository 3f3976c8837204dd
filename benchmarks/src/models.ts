import {
  batchNorm2d,
  batchNormSpecs,
  convolution,
  crossEntropy,
  int32,
  linear,
  linearSpecs,
  parameter,
  prefixSpecs,
  float32,
  type InputSpec,
  type HostTensor,
  type NormalizationMode,
  type Ops,
  type Parameters,
  type ParameterSpecs,
  type Tensor,
} from '@crrg/tensor';
import { createRandom } from '@crrg/core';
import type { LossFunction } from '@crrg/train-loop';

/** A network to train, with the names that PyTorch's `state_dict` of the peer script has. */
export interface BenchmarkModel {
  readonly name: string;
  readonly title: string;
  readonly specs: ParameterSpecs;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly batch: Readonly<Record<string, HostTensor>>;
  readonly loss: LossFunction;
}

const CLASSES = 1000;
const STAGES = [64, 128, 256, 512] as const;

/** ResNet-18 (He et al., 2016) on `[batch, 3, size, size]`, batch normalisation in training mode, cross-entropy over 1000 classes. */
export function resnet18({ batch, size }: { batch: number; size: number }): BenchmarkModel {
  const random = createRandom(1);
  const pixels = Float32Array.from({ length: batch * 3 * size * size }, () => random.uniform(-1, 1));
  const labels = Array.from({ length: batch }, () => random.integer(CLASSES));
  return {
    name: 'resnet18',
    title: `ResNet-18, ${batch} x 3 x ${size} x ${size}`,
    specs: resnetSpecs(),
    inputs: { x: { shape: [batch, 3, size, size] }, y: { shape: [batch], dtype: 'int32' } },
    batch: { x: float32([batch, 3, size, size], pixels), y: int32([batch], labels) },
    loss: (ops, { inputs, parameters }) => {
      const updates = new Map<string, Tensor>();
      const logits = resnetLogits(ops, parameters, inputs['x']!, { training: true, updates });
      return {
        loss: ops.mean(crossEntropy(ops, logits, inputs['y']!)),
        updates: Object.fromEntries(updates),
      };
    },
  };
}

function kernelSpecs(outputs: number, inputs: number, size: number): ParameterSpecs {
  const std = Math.sqrt(2 / (outputs * size * size));
  return { weight: parameter([outputs, inputs, size, size], { kind: 'normal', std }) };
}

interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
}

const BLOCKS: readonly Block[] = STAGES.flatMap((outputs, stage) => [
  {
    name: `layer${stage + 1}.0`,
    inputs: STAGES[Math.max(stage - 1, 0)]!,
    outputs,
    stride: stage === 0 ? 1 : 2,
  },
  { name: `layer${stage + 1}.1`, inputs: outputs, outputs, stride: 1 },
]);

function resnetSpecs(): ParameterSpecs {
  const specs: ParameterSpecs[] = [
    prefixSpecs('conv1', kernelSpecs(64, 3, 7)),
    prefixSpecs('bn1', batchNormSpecs(64)),
  ];
  for (const { name, inputs, outputs, stride } of BLOCKS) {
    specs.push(
      prefixSpecs(`${name}.conv1`, kernelSpecs(outputs, inputs, 3)),
      prefixSpecs(`${name}.bn1`, batchNormSpecs(outputs)),
    );
    specs.push(
      prefixSpecs(`${name}.conv2`, kernelSpecs(outputs, outputs, 3)),
      prefixSpecs(`${name}.bn2`, batchNormSpecs(outputs)),
    );
    if (stride === 1) continue;
    specs.push(prefixSpecs(`${name}.downsample.0`, kernelSpecs(outputs, inputs, 1)));
    specs.push(prefixSpecs(`${name}.downsample.1`, batchNormSpecs(outputs)));
  }
  specs.push(prefixSpecs('fc', linearSpecs(512, CLASSES)));
  return Object.assign({}, ...specs) as ParameterSpecs;
}

function resnetLogits(ops: Ops, parameters: Parameters, image: Tensor, mode: NormalizationMode): Tensor {
  const layer = (x: Tensor, conv: string, norm: string, stride: number, padding: number) => {
    const options = { strides: [stride, stride], padding: [padding, padding, padding, padding] } as const;
    return batchNorm2d(
      ops,
      parameters.scope(norm),
      convolution(ops, parameters.scope(conv), x, options),
      norm,
      mode,
    );
  };
  const stem = ops.relu(layer(image, 'conv1', 'bn1', 2, 3));
  let x = ops.maxPool2d(stem, { kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1] });
  for (const { name, stride } of BLOCKS) {
    const inner = ops.relu(layer(x, `${name}.conv1`, `${name}.bn1`, stride, 1));
    const outer = layer(inner, `${name}.conv2`, `${name}.bn2`, 1, 1);
    const shortcut = stride === 1 ? x : layer(x, `${name}.downsample.0`, `${name}.downsample.1`, stride, 0);
    x = ops.relu(ops.add(outer, shortcut));
  }
  return linear(ops, parameters.scope('fc'), ops.mean(x, { axes: [2, 3] }));
}

const HEADS = 4;
const LAYERS = 4;
const WIDTH = 256;
const VOCABULARY = 1000;

/** A causal pre-norm transformer: 4 layers of width 256 with 4 heads, 1000 tokens, cross-entropy of every position. */
export function transformer({ batch, length }: { batch: number; length: number }): BenchmarkModel {
  const random = createRandom(2);
  const ids = () => Array.from({ length: batch * length }, () => random.integer(VOCABULARY));
  const shape = [batch, length];
  return {
    name: 'transformer',
    title: `transformer, ${LAYERS} layers, width ${WIDTH}, ${batch} x ${length} tokens`,
    specs: transformerSpecs(length),
    inputs: { x: { shape, dtype: 'int32' }, y: { shape, dtype: 'int32' } },
    batch: { x: int32(shape, ids()), y: int32(shape, ids()) },
    loss: (ops, { inputs, parameters }) => {
      const logits = transformerLogits(ops, parameters, inputs['x']!, batch, length);
      return { loss: ops.mean(crossEntropy(ops, logits, inputs['y']!)) };
    },
  };
}

function normSpecs(): ParameterSpecs {
  return {
    weight: parameter([WIDTH], { kind: 'constant', value: 1 }),
    bias: parameter([WIDTH], { kind: 'constant', value: 0 }),
  };
}

function transformerSpecs(length: number): ParameterSpecs {
  const table = (rows: number) => ({ weight: parameter([rows, WIDTH], { kind: 'normal', std: 0.02 }) });
  const layers = Array.from({ length: LAYERS }, (_, index) =>
    prefixSpecs(`layers.${index}`, {
      ...prefixSpecs('norm1', normSpecs()),
      ...prefixSpecs('qkv', linearSpecs(WIDTH, 3 * WIDTH)),
      ...prefixSpecs('out', linearSpecs(WIDTH, WIDTH)),
      ...prefixSpecs('norm2', normSpecs()),
      ...prefixSpecs('up', linearSpecs(WIDTH, 4 * WIDTH)),
      ...prefixSpecs('down', linearSpecs(4 * WIDTH, WIDTH)),
    }),
  );
  return Object.assign(
    { ...prefixSpecs('tokens', table(VOCABULARY)), ...prefixSpecs('positions', table(length)) },
    ...layers,
    prefixSpecs('norm', normSpecs()),
    prefixSpecs('head', linearSpecs(WIDTH, VOCABULARY)),
  ) as ParameterSpecs;
}

function transformerLogits(
  ops: Ops,
  parameters: Parameters,
  ids: Tensor,
  batch: number,
  length: number,
): Tensor {
  const norm = (scope: Parameters, x: Tensor) =>
    ops.layerNorm(x, scope.get('weight'), scope.get('bias'), 1e-5);
  const mask = float32(
    [length, length],
    Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e4 : 0)),
  );
  let x = ops.add(ops.gather(parameters.get('tokens.weight'), ids, 0), parameters.get('positions.weight'));
  for (let index = 0; index < LAYERS; index++) {
    const layer = parameters.scope(`layers.${index}`);
    x = ops.add(x, attention(ops, layer, norm(layer.scope('norm1'), x), ops.constant(mask), batch, length));
    const hidden = ops.geluTanh(linear(ops, layer.scope('up'), norm(layer.scope('norm2'), x)));
    x = ops.add(x, linear(ops, layer.scope('down'), hidden));
  }
  return linear(ops, parameters.scope('head'), norm(parameters.scope('norm'), x));
}

function attention(
  ops: Ops,
  layer: Parameters,
  x: Tensor,
  mask: Tensor,
  batch: number,
  length: number,
): Tensor {
  const size = WIDTH / HEADS;
  const joint = ops.reshape(linear(ops, layer.scope('qkv'), x), [batch, length, 3, HEADS, size]);
  const byHead = ops.transpose(joint, [2, 0, 3, 1, 4]);
  const part = (index: number) =>
    ops.reshape(ops.slice(byHead, { axes: [0], starts: [index], ends: [index + 1] }), [
      batch,
      HEADS,
      length,
      size,
    ]);
  const scores = ops.mul(ops.matmul(part(0), part(1), { transposeB: true }), 1 / Math.sqrt(size));
  const mixed = ops.matmul(ops.softmax(ops.add(scores, mask), -1), part(2));
  return linear(
    ops,
    layer.scope('out'),
    ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [batch, length, WIDTH]),
  );
}
