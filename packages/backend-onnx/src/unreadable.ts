import type { LoweredGraph } from './lower/lower-graph.js';

/**
 * onnxruntime-node 1.30 copies every result of a run to new JavaScript memory, also one that it has just written to an array which it was given
 * for it: half a millisecond a megabyte on a machine with AVX-512, more than many a run computes. It converts results in the order of the
 * model's outputs and gives up at one that is no tensor, when all has been computed. So a model whose results are to be found in such arrays has
 * an empty sequence as its first output.
 */
export const UNREADABLE = 'unreadable';

/** The graph with {@link UNREADABLE} before its outputs. */
export function unreadableFirst(lowered: LoweredGraph): LoweredGraph {
  const { nodes, outputs } = lowered;
  const sequence = { op: 'SequenceEmpty', domain: '', inputs: [], outputs: [UNREADABLE], attributes: {} };
  return {
    ...lowered,
    nodes: [...nodes, sequence],
    outputs: [{ name: UNREADABLE, type: 'float32', shape: [], isSequence: true }, ...outputs],
  };
}

/** Whether a run failed at the output that it cannot read, and only there. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Non tensor type');
}
