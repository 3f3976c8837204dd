/** Shape shorthand in this module: `B` captions, `T` words, `I` inputs, `H` width. */
import { linear, type Ops, type Parameters, type Tensor } from '@crrg/tensor';

/** What an LSTM remembers: hidden state and cell, `[B, H]`. */
export interface LstmState {
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

/** One step from what the input adds to the gates `[B, 4H]`. */
function lstmStep(ops: Ops, parameters: Parameters, inputGates: Tensor, before: LstmState): LstmState {
  const width = before.hidden.shape[1] as number;
  const gates = ops.add(inputGates, linear(ops, parameters.scope('state'), before.hidden));
  const gate = (index: number) =>
    ops.slice(gates, { axes: [1], starts: [index * width], ends: [(index + 1) * width] });
  const [input, forget, candidate, output] = [
    ops.sigmoid(gate(0)),
    ops.sigmoid(gate(1)),
    ops.tanh(gate(2)),
    ops.sigmoid(gate(3)),
  ];
  const cell = ops.add(ops.mul(forget, before.cell), ops.mul(input, candidate));
  return { hidden: ops.mul(output, ops.tanh(cell)), cell };
}

/**
 * An LSTM over `x [B, T, I]`, unrolled: T is a number. What the inputs add to the gates is one product for all steps.
 * @returns the state after each step
 */
export function lstm(ops: Ops, parameters: Parameters, x: Tensor, start: LstmState): LstmState[] {
  const [batch, steps] = x.shape as [Tensor['shape'][number], number];
  const gates = linear(ops, parameters.scope('input'), x);
  const states: LstmState[] = [];
  for (let step = 0; step < steps; step++) {
    const own = ops.slice(gates, { axes: [1], starts: [step], ends: [step + 1] });
    const inputGates = ops.reshape(own, [batch, gates.shape[2]!]);
    states.push(lstmStep(ops, parameters, inputGates, states.at(-1) ?? start));
  }
  return states;
}
