import { ConfigError } from '@crrg/core';
import type { Operand, Ops, Tensor } from '@crrg/tensor';

/** What an optimizer reads to move one parameter. All tensors have the parameter's shape. */
export interface ParameterUpdate {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** The optimizer's own values for this parameter, by slot name; zeros before the first update. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** The numbers of {@link Optimizer.scalars} as scalars of the graph. */
  readonly scalars: Readonly<Record<string, Operand>>;
  /** Multiplies the learning rate of this parameter. */
  readonly learningRateScale: number;
  /** Decay of this parameter. */
  readonly weightDecay: number;
}

/** The moved parameter and the new slot values. */
export interface UpdatedParameter {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

/**
 * An update rule as a pure function over graph operations. What changes from step to step (learning rate, bias correction)
 * enters as scalars, so one compiled graph serves the whole training run.
 */
export interface Optimizer {
  readonly name: string;
  /** Names of the values kept per parameter. */
  readonly slots: readonly string[];
  /** Decay of parameters whose group does not say otherwise. */
  readonly weightDecay: number;
  /**
   * True for a rule that looks at a parameter as a whole, such as LAMB's norms. Other rules work value by value, and small parameters
   * come to `update` laid end to end.
   * @defaultValue false
   */
  readonly wholeTensors?: boolean | undefined;
  /** Host numbers of update number `step` (from 1). */
  scalars(settings: {
    readonly step: number;
    readonly learningRate: number;
  }): Readonly<Record<string, number>>;
  update(ops: Ops, update: ParameterUpdate): UpdatedParameter;
}

/** Settings of {@link adamw}. */
export interface AdamWOptions {
  /** @defaultValue [0.9, 0.999] */ readonly betas?: readonly [number, number] | undefined;
  /** @defaultValue 1e-8 */ readonly epsilon?: number | undefined;
  /** Decoupled decay, multiplied by the learning rate. @defaultValue 0.01 */ readonly weightDecay?:
    number | undefined;
}

/**
 * AdamW with PyTorch's semantics: decoupled decay, moments corrected for their zero start, epsilon outside the corrected root.
 * Source: Loshchilov and Hutter, 2019, algorithm 2; `torch.optim.AdamW`. The two bias corrections are folded into the step
 * size and epsilon, which is the same formula with one tensor operation less.
 *
 * @throws {ConfigError} for a beta outside [0, 1) or a negative epsilon or decay
 * @example
 * ```ts
 * const optimizer = adamw({ weightDecay: 1e-4 });
 * ```
 */
export function adamw(options: AdamWOptions = {}): Optimizer {
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const epsilon = options.epsilon ?? 1e-8;
  const weightDecay = options.weightDecay ?? 0.01;
  requireRange('adamw', { beta1, beta2 }, 0, 1);
  requireRange('adamw', { epsilon, weightDecay }, 0, Infinity);
  return {
    name: 'adamw',
    slots: ['m', 'v'],
    weightDecay,
    scalars: ({ step, learningRate }) => {
      const root = Math.sqrt(1 - beta2 ** step);
      return { learningRate, stepSize: (learningRate * root) / (1 - beta1 ** step), epsilon: epsilon * root };
    },
    update: (ops, { parameter, gradient, slots, scalars, learningRateScale, weightDecay: decay }) => {
      const { param, m, v } = adamwUpdate(ops, {
        param: parameter,
        grad: gradient,
        m: slots['m']!,
        v: slots['v']!,
        beta1,
        beta2,
        stepSize: times(ops, scalars['stepSize']!, learningRateScale),
        epsilon: scalars['epsilon']!,
        decay: decay === 0 ? 0 : times(ops, scalars['learningRate']!, learningRateScale * decay),
      });
      return { parameter: param, slots: { m, v } };
    },
  };
}

/**
 * The AdamW rule for one parameter; all tensors have its shape, and the scalars are numbers or scalar tensors. Written so that no more than one
 * tensor of the parameter's size is needed at a time beside the results: the first average moves towards the gradient, the second is scaled
 * when the square is in it, and decay follows a step that is larger by as much as it will take.
 */
export function adamwUpdate(
  ops: Ops,
  rule: {
    readonly param: Tensor;
    readonly grad: Tensor;
    readonly m: Tensor;
    readonly v: Tensor;
    readonly beta1: number;
    readonly beta2: number;
    /** Learning rate x sqrt(1 - beta2^t) / (1 - beta1^t). */
    readonly stepSize: Operand;
    /** Epsilon x sqrt(1 - beta2^t). */
    readonly epsilon: Operand;
    /** Learning rate x weight decay; the number 0 leaves the decay out of the graph. */
    readonly decay: Operand;
  },
): { readonly param: Tensor; readonly m: Tensor; readonly v: Tensor } {
  const { param, grad, beta1, beta2 } = rule;
  const m = ops.add(rule.m, ops.mul(ops.sub(grad, rule.m), 1 - beta1));
  const square = (weight: number) => ops.mul(ops.mul(grad, weight), grad);
  const v = beta2 === 0 ? square(1) : ops.mul(ops.add(rule.v, square((1 - beta2) / beta2)), beta2);
  const direction = ops.div(m, ops.add(ops.sqrt(v), rule.epsilon));
  if (rule.decay === 0) return { param: ops.sub(param, ops.mul(direction, rule.stepSize)), m, v };
  const kept = ops.sub(1, rule.decay);
  const moved = ops.sub(param, ops.mul(direction, ops.div(rule.stepSize, kept)));
  return { param: ops.mul(moved, kept), m, v };
}

/** Settings of {@link sgd}. */
export interface SgdOptions {
  /** @defaultValue 0 */ readonly momentum?: number | undefined;
  /** Added to the gradient as `weightDecay * parameter`. @defaultValue 0 */ readonly weightDecay?:
    number | undefined;
}

/**
 * Stochastic gradient descent with heavy-ball momentum, as `torch.optim.SGD` (no dampening, no Nesterov).
 * @throws {ConfigError} for a momentum outside [0, 1) or a negative decay
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const momentum = options.momentum ?? 0;
  const weightDecay = options.weightDecay ?? 0;
  requireRange('sgd', { momentum }, 0, 1);
  requireRange('sgd', { weightDecay }, 0, Infinity);
  return {
    name: 'sgd',
    slots: momentum === 0 ? [] : ['momentum'],
    weightDecay,
    scalars: ({ learningRate }) => ({ learningRate }),
    update: (ops, { parameter, gradient, slots, scalars, learningRateScale, weightDecay: decay }) => {
      const decayed = decay === 0 ? gradient : ops.add(gradient, ops.mul(parameter, decay));
      const velocity = momentum === 0 ? decayed : ops.add(ops.mul(slots['momentum']!, momentum), decayed);
      const rate = times(ops, scalars['learningRate']!, learningRateScale);
      return {
        parameter: ops.sub(parameter, ops.mul(velocity, rate)),
        slots: momentum === 0 ? {} : { momentum: velocity },
      };
    },
  };
}

/** Every gradient times one factor, such as 1/accumulated batches or the inverse of a loss scale. */
function scaleGradients(ops: Ops, gradients: readonly Tensor[], factor: Operand): Tensor[] {
  return gradients.map((gradient) => ops.mul(gradient, factor));
}

/** Euclidean norm of all gradients together, a scalar. */
export function globalNorm(ops: Ops, gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) => ops.sum(ops.mul(gradient, gradient)));
  if (squares.length === 0) return ops.scalar(0);
  return ops.sqrt(squares.reduce((total, square) => ops.add(total, square)));
}

/** Gradients scaled down so that their joint norm is at most `maxNorm` (`torch.nn.utils.clip_grad_norm_`). */
export function clipGradients(ops: Ops, gradients: readonly Tensor[], maxNorm: number): Tensor[] {
  const factor = ops.minimum(ops.div(ops.scalar(maxNorm), ops.add(globalNorm(ops, gradients), 1e-6)), 1);
  return scaleGradients(ops, gradients, factor);
}

function times(ops: Ops, scalar: Operand, factor: number): Operand {
  if (typeof scalar === 'number') return scalar * factor;
  return factor === 1 ? scalar : ops.mul(scalar, factor);
}

function requireRange(
  where: string,
  values: Readonly<Record<string, number>>,
  low: number,
  high: number,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value >= low && value < high) continue;
    throw new ConfigError(
      `train.${where}: ${name} must be in [${low}, ${high}), got ${value}; use PyTorch's range.`,
      { details: { [name]: value } },
    );
  }
}
