import { ShapeError } from '@crrg/core';
import type { Tensor } from '../graph.js';
import type { Conv2dOptions, Ops } from '../operations.js';
import { buffer, parameter, torchDefault, type Parameters, type ParameterSpecs } from '../parameters.js';

/** Specifications of a torch `Linear`: weight `[out, in]`, bias `[out]`. */
export function linearSpecs(inputs: number, outputs: number): ParameterSpecs {
  return {
    weight: parameter([outputs, inputs], torchDefault(inputs)),
    bias: parameter([outputs], torchDefault(inputs)),
  };
}

/** `x W^T + b` over the last axis: `[.., in]` to `[.., out]`. */
export function linear(ops: Ops, parameters: Parameters, x: Tensor): Tensor {
  return ops.add(ops.matmul(x, parameters.get('weight'), { transposeB: true }), parameters.get('bias'));
}

/** A two-dimensional convolution with optional bias: `[B, C, H, W]` to `[B, O, h, w]`. */
export function convolution(ops: Ops, parameters: Parameters, x: Tensor, options?: Conv2dOptions): Tensor {
  const y = ops.conv2d(x, parameters.get('weight'), options);
  if (!parameters.has('bias')) return y;
  const bias = parameters.get('bias');
  return ops.add(y, ops.reshape(bias, [1, bias.shape[0]!, 1, 1]));
}

/** Specifications of a torch `BatchNorm2d`; the running statistics are buffers. */
export function batchNormSpecs(channels: number): ParameterSpecs {
  return {
    weight: parameter([channels], { kind: 'constant', value: 1 }),
    bias: parameter([channels], { kind: 'constant', value: 0 }),
    running_mean: buffer([channels], 0),
    running_var: buffer([channels], 1),
  };
}

/** New values of buffers after a training step, by full parameter name. */
export type BufferUpdates = Map<string, Tensor>;

/**
 * How a normalisation behaves. In training it uses the batch's statistics and records the new running ones in `updates`; a layer that runs
 * twice in one step, on two views, blends both in, one after the other.
 */
export type NormalizationMode =
  | { readonly training: false }
  | { readonly training: true; readonly updates: BufferUpdates; readonly momentum?: number | undefined };

/** torch's default epsilon and momentum. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/**
 * `BatchNorm2d` over `[B, C, H, W]`. The running variance takes the unbiased batch variance, as torch does.
 * @param name full name of the layer, the prefix of its buffers in `mode.updates`
 */
export function batchNorm2d(
  ops: Ops,
  parameters: Parameters,
  x: Tensor,
  name: string,
  mode: NormalizationMode,
): Tensor {
  const [scale, shift] = [parameters.get('weight'), parameters.get('bias')];
  const [runningMean, runningVariance] = [parameters.get('running_mean'), parameters.get('running_var')];
  if (!mode.training) return ops.batchNorm(x, scale, shift, runningMean, runningVariance, EPSILON);
  const [batch, channels, height, width] = x.shape;
  if (typeof batch !== 'number' || typeof height !== 'number' || typeof width !== 'number') {
    throw new ShapeError(
      'tensor.batchNorm2d: expected a fixed batch and image size in training, got a symbolic one; trace with numbers.',
    );
  }
  const count = batch * height * width;
  const axes = [0, 2, 3];
  const mean = ops.mean(x, { axes, keepDims: true });
  const centred = ops.sub(x, mean);
  const variance = ops.mean(ops.square(centred), { axes, keepDims: true });
  const momentum = mode.momentum ?? MOMENTUM;
  const blend = (buffer: string, start: Tensor, fresh: Tensor) => {
    const old = mode.updates.get(`${name}.${buffer}`) ?? start;
    const blended = ops.add(ops.mul(old, 1 - momentum), ops.mul(ops.reshape(fresh, [channels!]), momentum));
    mode.updates.set(`${name}.${buffer}`, ops.stopGradient(blended));
  };
  blend('running_mean', runningMean, mean);
  blend('running_var', runningVariance, ops.mul(variance, count / Math.max(count - 1, 1)));
  const perChannel = (t: Tensor) => ops.reshape(t, [1, channels!, 1, 1]);
  const factor = ops.div(perChannel(scale), ops.sqrt(ops.add(variance, EPSILON)));
  return ops.add(ops.mul(centred, factor), perChannel(shift));
}
