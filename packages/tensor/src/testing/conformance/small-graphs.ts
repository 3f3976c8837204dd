import { float32 } from '../../host-tensor.js';
import { parameter } from '../../parameters.js';
import { trace, type InputSpec } from '../../trace.js';

/** A graph that gives back its inputs. */
export function echo(inputs: Readonly<Record<string, InputSpec>>) {
  return trace({ inputs }, (_ops, scope) => ({ ...scope.inputs }));
}

/** `y = x * w`, of any length. */
export const scaled = trace(
  { inputs: { x: { shape: ['n'] } }, parameters: { w: parameter([1], { kind: 'constant', value: 1 }) } },
  (ops, { inputs, parameters }) => ({ y: ops.mul(inputs['x']!, parameters.get('w')) }),
);

/** Weights of {@link scaled}. */
export const WEIGHTS = new Map([['w', float32([1], [2])]]);
/** One number. */
export const one = (value = 1) => float32([1], [value]);
