import { BackendError, ShapeError } from '@crrg/core';
import type { OperationName } from './attributes.js';
import { GraphBuilder } from './builder.js';
import { formatShape } from './dim.js';
import { isOperation, type Node, type NodeOf, type Tensor } from './graph.js';
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
  const contributions = new Map<number, Tensor[]>([[target.id, [seed]]]);
  const total = (id: number) => {
    const parts = contributions.get(id);
    return parts && sumOf(builder, parts);
  };
  const barriers = new Set(partial ? sources.map((x) => x.id) : []);
  for (let id = target.id; id >= first; id--) {
    const node = builder.nodes[id]!;
    if (!contributions.has(id) || !active.has(id) || barriers.has(id) || !isOperation(node)) continue;
    inputGradients(builder, node, total(id)!, active).forEach((contribution, index) => {
      const input = node.inputs[index]!;
      if (!contribution || !active.has(input.id)) return;
      contributions.set(input.id, [...(contributions.get(input.id) ?? []), contribution]);
    });
  }
  return sources.map((x) => total(x.id));
}

/** Sum of what arrives from every use of a tensor; where the uses were slices that tile it, the pieces side by side. */
function sumOf(builder: GraphBuilder, parts: readonly Tensor[]): Tensor {
  return tiled(builder, parts) ?? parts.reduce((sum, part) => builder.add(sum, part));
}

function tiled(builder: GraphBuilder, parts: readonly Tensor[]): Tensor | undefined {
  if (parts.length < 2) return undefined;
  const pieces = parts.map((part) => paddedPiece(builder.nodes[part.id]!));
  const axis = pieces[0]?.axis;
  if (axis === undefined || pieces.some((piece) => piece?.axis !== axis)) return undefined;
  const sorted = pieces.map((piece) => piece!).sort((a, b) => a.start - b.start);
  const fits = sorted.every((piece, index) => piece.start === (sorted[index - 1]?.end ?? 0));
  if (!fits || sorted.at(-1)!.end !== parts[0]!.shape[axis]) return undefined;
  return builder.concat(
    sorted.map(({ tensor }) => tensor),
    axis,
  );
}

/** What a node pads with zeros along one axis, and the place that it takes in the result. */
function paddedPiece(node: Node): { tensor: Tensor; axis: number; start: number; end: number } | undefined {
  if (node.op !== 'pad' || node.attributes.value !== 0) return undefined;
  const { padding } = node.attributes;
  const axes = padding.flatMap(([before, after], axis) => (before > 0 || after > 0 ? [axis] : []));
  const axis = axes[0];
  const size = axis === undefined ? undefined : node.output.shape[axis];
  if (axis === undefined || axes.length > 1 || typeof size !== 'number') return undefined;
  const [before, after] = padding[axis]!;
  return { tensor: node.inputs[0]!, axis, start: before, end: size - after };
}

function inputGradients<Op extends OperationName>(
  builder: GraphBuilder,
  node: NodeOf<Op>,
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
