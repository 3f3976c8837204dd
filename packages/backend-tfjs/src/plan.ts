import { BackendError } from '@crrg/core';
import type { Graph, Node, Tensor } from '@crrg/tensor';
import { KERNEL_LAST, KERNEL_TURNED, rowMajor, sameLayout, swapped, type Layout } from './layout.js';
import type { Kernel } from './kernels/definition.js';
import { KERNELS } from './kernels/index.js';

/** One operation of a run, and the values that nothing needs after it. */
export interface Step {
  readonly node: Node;
  readonly kernel: Kernel;
  readonly release: readonly Tensor[];
}

/** A graph ready to run: only what the outputs need. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly constants: readonly Node[];
  /** Best layout to keep a parameter or constant in, by tensor id, where all its uses agree. */
  readonly layouts: ReadonlyMap<number, Layout>;
}

const LEAVES = new Set(['input', 'parameter', 'constant']);

function reachable(graph: Graph): Node[] {
  const needed = new Set(Object.values(graph.outputs).map((tensor) => tensor.id));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output.id)) continue;
    kept.push(node);
    for (const input of node.inputs) needed.add(input.id);
  }
  return kept.reverse();
}

function wantedLayout(node: Node, position: number, prefersPlainKernels: boolean): Layout {
  const rank = node.inputs[position]!.shape.length;
  if (node.op === 'conv2dTranspose' && position === 1)
    return prefersPlainKernels ? KERNEL_TURNED : KERNEL_LAST;
  if (node.op === 'conv2d' && position === 1) return KERNEL_LAST;
  if (node.op === 'matmul' && prefersPlainKernels) {
    const transposed = node.attributes[position === 0 ? 'transposeA' : 'transposeB'] as boolean;
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
 * Orders a graph without composites for step-by-step execution.
 * @throws {BackendError} for an operation without a kernel
 */
export function planGraph(graph: Graph, prefersPlainKernels: boolean): Plan {
  const nodes = reachable(graph);
  const lastUse = new Map<number, number>();
  nodes.forEach((node, index) => {
    for (const tensor of [...node.inputs, node.output]) lastUse.set(tensor.id, index);
  });
  const outputs = new Set(Object.values(graph.outputs).map((tensor) => tensor.id));
  const steps: Step[] = [];
  nodes.forEach((node, index) => {
    if (LEAVES.has(node.op)) return;
    const kernel = KERNELS.get(node.op);
    if (!kernel)
      throw new BackendError(
        `backend-tfjs.compile: expected a known operation, got "${node.op}"; use matching versions of @crrg/tensor and @crrg/backend-tfjs.`,
      );
    const done = new Map([...node.inputs, node.output].map((tensor) => [tensor.id, tensor]));
    const release = [...done.values()].filter(({ id }) => lastUse.get(id) === index && !outputs.has(id));
    steps.push({ node, kernel, release });
  });
  return {
    steps,
    constants: nodes.filter((node) => node.op === 'constant'),
    layouts: agreedLayouts(nodes, prefersPlainKernels),
  };
}
