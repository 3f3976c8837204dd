import { shapesEqual } from './dim.js';
import { isOperation, type Graph, type Node, type Tensor } from './graph.js';
import { binaryOperations } from './ops/binary.js';
import { elementwise } from './ops/elementwise.js';

/** Operations whose result at a place needs their operands at that place alone. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...Object.keys(elementwise),
  ...Object.keys(binaryOperations),
  'where',
  'not',
]);

/** Operations that an engine may do without a copy: whoever reads their result reads their operand. */
const VIEWS: ReadonlySet<string> = new Set([
  'reshape',
  'transpose',
  'broadcastTo',
  'slice',
  'pad',
  'concat',
  'cast',
  'stopGradient',
]);

/** Ids of all values that a node is computed from. */
function sourcesOf(node: Node, nodes: ReadonlyMap<number, Node>): Set<number> {
  const found = new Set<number>();
  const open: Node[] = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const { id } of next.inputs) {
      if (found.has(id)) continue;
      found.add(id);
      open.push(nodes.get(id)!);
    }
  }
  return found;
}

/** Ids of a value and of everything that may share its memory. */
function viewsOf(value: Tensor, nodes: readonly Node[]): Set<number> {
  const views = new Set([value.id]);
  for (const node of nodes)
    if (VIEWS.has(node.op) && node.inputs.some((x) => views.has(x.id))) views.add(node.output.id);
  return views;
}

/**
 * Whether a run may write an output over the memory of an input, in whatever order it does independent work: all that reads the input comes
 * before the operation that gives the output, or is that operation and works value by value.
 *
 * @example
 * ```ts
 * canOverwrite(graph, { output: 'next', input: 'state' }); // then: executable.run({ state }, { into: { next: state } })
 * ```
 */
export function canOverwrite(
  graph: Graph,
  names: { readonly output: string; readonly input: string },
): boolean {
  const output = graph.outputs[names.output];
  const input = graph.inputs.find(({ name }) => name === names.input)?.tensor;
  const nodes = new Map(graph.nodes.map((node) => [node.output.id, node]));
  const producer = output && nodes.get(output.id);
  if (!input || !producer || !isOperation(producer)) return false;
  if (output.dtype !== input.dtype || !shapesEqual(output.shape, input.shape)) return false;
  const sources = sourcesOf(producer, nodes);
  const views = viewsOf(input, graph.nodes);
  const readsInPlace = ({ op, inputs }: Node) =>
    ELEMENTWISE.has(op) && inputs.every(({ id }) => id === input.id || !views.has(id));
  return graph.nodes.every((node) => {
    if (!node.inputs.some(({ id }) => views.has(id)) || sources.has(node.output.id)) return true;
    return node === producer && readsInPlace(node);
  });
}
