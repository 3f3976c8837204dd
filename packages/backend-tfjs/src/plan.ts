import { BackendError } from '@crrg/core';
import {
  isOperation,
  type Graph,
  type Node,
  type NodeOf,
  type OperationNode,
  type Tensor,
} from '@crrg/tensor';
import { KERNEL_LAST, KERNEL_TURNED, rowMajor, sameLayout, swapped, type Layout } from './layout.js';
import type { KernelContext, KernelName, KernelResult } from './kernels/definition.js';
import { hasKernel, KERNELS } from './kernels/index.js';
import type { Value } from './value.js';

/** A kernel with the settings of one node. */
type Compute = (context: KernelContext, inputs: readonly Value[]) => KernelResult;

/** One operation of a run, and the values that nothing needs after it. */
export interface Step {
  readonly node: Node;
  readonly compute: Compute;
  readonly release: readonly Tensor[];
}

/** A graph ready to run. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly constants: readonly NodeOf<'constant'>[];
  /** Best layout to keep a parameter or constant in, by tensor id, where all its uses agree. */
  readonly layouts: ReadonlyMap<number, Layout>;
}

type KernelNode = Extract<OperationNode, { readonly op: KernelName }>;

/** @throws {BackendError} for an operation without a kernel, as a graph of another version may have */
function requireKernel(node: OperationNode): asserts node is KernelNode {
  if (hasKernel(node.op)) return;
  throw new BackendError(
    `backend-tfjs.compile: expected a known operation, got "${node.op}"; use matching versions of @crrg/tensor and @crrg/backend-tfjs.`,
  );
}

function bind<Op extends KernelName>({ op, attributes }: NodeOf<Op>): Compute {
  const kernel = KERNELS[op];
  return (context, inputs) => kernel(context, inputs, attributes);
}

function wantedLayout(node: Node, position: number, prefersPlainKernels: boolean): Layout {
  const rank = node.inputs[position]!.shape.length;
  if (node.op === 'conv2dTranspose' && position === 1)
    return prefersPlainKernels ? KERNEL_TURNED : KERNEL_LAST;
  if (node.op === 'conv2d' && position === 1) return KERNEL_LAST;
  if (node.op === 'matmul' && prefersPlainKernels) {
    const transposed = node.attributes[position === 0 ? 'transposeA' : 'transposeB'];
    return transposed ? swapped(rank) : rowMajor(rank);
  }
  return rowMajor(rank);
}

function agreedLayouts(nodes: readonly Node[], prefersPlainKernels: boolean): Map<number, Layout> {
  const layouts = new Map<number, Layout>();
  const disputed = new Set<number>();
  for (const node of nodes) {
    node.inputs.forEach((input, position) => {
      const wanted = wantedLayout(node, position, prefersPlainKernels);
      const known = layouts.get(input.id);
      if (known && !sameLayout(known, wanted)) disputed.add(input.id);
      layouts.set(input.id, wanted);
    });
  }
  for (const id of disputed) layouts.delete(id);
  return layouts;
}

/**
 * Orders a pruned graph, of composites only those with a kernel, for step-by-step execution.
 * @throws {BackendError} for an operation without a kernel
 */
export function planGraph(graph: Graph, prefersPlainKernels: boolean): Plan {
  const { nodes } = graph;
  const lastUse = new Map<number, number>();
  nodes.forEach((node, index) => {
    for (const tensor of [...node.inputs, node.output]) lastUse.set(tensor.id, index);
  });
  const outputs = new Set(Object.values(graph.outputs).map((tensor) => tensor.id));
  const steps: Step[] = [];
  nodes.forEach((node, index) => {
    if (!isOperation(node) || node.op === 'constant') return;
    requireKernel(node);
    const compute = bind(node);
    const done = new Map([...node.inputs, node.output].map((tensor) => [tensor.id, tensor]));
    const release = [...done.values()].filter(({ id }) => lastUse.get(id) === index && !outputs.has(id));
    steps.push({ node, compute, release });
  });
  return {
    steps,
    constants: nodes.filter((node) => node.op === 'constant'),
    layouts: agreedLayouts(nodes, prefersPlainKernels),
  };
}
