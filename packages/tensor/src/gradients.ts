import { BackendError, ShapeError } from '@crrg/core';
import { GraphBuilder } from './builder.js';
import { formatShape } from './dim.js';
import type { Node, Tensor } from './graph.js';
import type { Ops } from './operations.js';
import { operationOf } from './registry.js';

/** Ids of the nodes from `first` on whose value depends on a source. */
function dependents(nodes: readonly Node[], first: number, sources: ReadonlySet<number>): Set<number> {
  const found = new Set(sources);
  for (let id = first; id < nodes.length; id++)
    if (nodes[id]!.inputs.some((x) => found.has(x.id))) found.add(id);
  return found;
}

interface ReversePass {
  readonly target: Tensor;
  readonly seed: Tensor;
  readonly sources: readonly Tensor[];
  /** Lowest node to look at. */
  readonly first: number;
  /** Partial derivatives: nothing flows through one source into another. */
  readonly partial: boolean;
}

/** Gradient of each source, undefined where none arrives. */
function backpropagate(
  builder: GraphBuilder,
  { target, seed, sources, first, partial }: ReversePass,
): (Tensor | undefined)[] {
  const active = dependents(builder.nodes.slice(0, target.id + 1), first, new Set(sources.map((x) => x.id)));
  const gradients = new Map<number, Tensor>([[target.id, seed]]);
  const barriers = new Set(partial ? sources.map((x) => x.id) : []);
  for (let id = target.id; id >= first; id--) {
    const gradient = gradients.get(id);
    const node = builder.nodes[id]!;
    if (!gradient || !active.has(id) || barriers.has(id) || node.inputs.length === 0) continue;
    inputGradients(builder, node, gradient, active).forEach((contribution, index) => {
      const input = node.inputs[index]!;
      if (!contribution || !active.has(input.id)) return;
      const sum = gradients.get(input.id);
      gradients.set(input.id, sum ? builder.add(sum, contribution) : contribution);
    });
  }
  return sources.map((x) => gradients.get(x.id));
}

function inputGradients(
  builder: GraphBuilder,
  node: Node,
  gradient: Tensor,
  active: ReadonlySet<number>,
): readonly (Tensor | undefined)[] {
  const definition = operationOf(node.op);
  if (definition.gradient) return definition.gradient(builder, node, gradient, node.attributes);
  if (!definition.decompose) {
    throw new BackendError(`tensor.gradients: "${node.op}" has no gradient; put stopGradient before it.`);
  }
  const sources = node.inputs.filter((x) => active.has(x.id));
  const start = builder.nodes.length;
  const expanded = definition.decompose(builder, node.inputs, node.attributes);
  const first = Math.min(start, expanded.id, ...sources.map((x) => x.id + 1));
  const found = backpropagate(builder, { target: expanded, seed: gradient, sources, first, partial: true });
  return node.inputs.map((x) => (sources.includes(x) ? found[sources.indexOf(x)] : undefined));
}

/**
 * Gradient of a scalar with respect to each of `wrt`, recorded in the graph being traced; zeros where the scalar does not depend on
 * one. Reverse mode: one vector-Jacobian rule per primitive, composites through their decomposition.
 *
 * @throws {ShapeError} where `loss` is not a float32 scalar
 * @throws {BackendError} where the path goes through an operation without a gradient
 */
export function gradients(ops: Ops, loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (!(ops instanceof GraphBuilder))
    throw new BackendError('tensor.gradients: expected the ops of a running trace; call it inside trace().');
  if (loss.shape.length !== 0 || loss.dtype !== 'float32') {
    throw new ShapeError(
      `tensor.gradients: expected a float32 scalar loss, got ${loss.dtype} ${formatShape(loss.shape)}; sum or average it.`,
    );
  }
  const found = backpropagate(ops, {
    target: loss,
    seed: ops.scalar(1),
    sources: wrt,
    first: 0,
    partial: false,
  });
  return found.map((gradient, index) => gradient ?? ops.zeros(wrt[index]!.shape));
}
