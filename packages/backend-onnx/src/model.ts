import type { HostTensor } from '@crrg/tensor';
import type { LoweredGraph } from './lower/lower-graph.js';
import { bytesOf } from './model-builder.js';
import { externalMessage, literalMessage, modelMessage } from './proto/onnx.js';

/** A piece of the data that lies outside the model; views of the caller's weights. */
export interface ExternalPiece {
  readonly location: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A model as an engine loads it. */
export interface EncodedModel {
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalPiece[];
}

/** Where external data goes: one file, or one location per tensor. */
export type ExternalLayout = 'file' | 'pieces';

/** Name of the one external file beside the model. */
export const EXTERNAL_FILE = 'weights.bin';

const INLINE_TOTAL = 64 * 2 ** 20;
const INLINE_TENSOR = 4096;
const ALIGNMENT = 4096;

class ExternalWriter {
  readonly pieces: ExternalPiece[] = [];
  private end = 0;
  private readonly known = new Map<HostTensor['data'], ExternalPiece>();

  constructor(
    private readonly layout: ExternalLayout,
    private readonly file: string,
  ) {}

  /** Where the data is; data of an earlier tensor is not written twice. */
  add({ data }: HostTensor): ExternalPiece {
    const known = this.known.get(data);
    if (known) return known;
    const bytes = bytesOf(data);
    const piece: ExternalPiece =
      this.layout === 'file'
        ? { location: this.file, offset: Math.ceil(this.end / ALIGNMENT) * ALIGNMENT, bytes }
        : { location: `${this.file}.${this.pieces.length}`, offset: 0, bytes };
    this.end = piece.offset + bytes.length;
    this.pieces.push(piece);
    this.known.set(data, piece);
    return piece;
  }
}

/**
 * Encodes a lowered graph. Weights stand in the model where they are small together; otherwise beside it, so that the model stays
 * below the 2 GB that protocol buffers allow and no second copy of the weights is made.
 * @param inlineTotal bytes of all weights up to which they stand in the model
 * @param file name of the one external file
 */
export function encodeModel(
  lowered: LoweredGraph,
  layout: ExternalLayout,
  inlineTotal = INLINE_TOTAL,
  file = EXTERNAL_FILE,
): EncodedModel {
  const external = new ExternalWriter(layout, file);
  const total = [...lowered.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const literals = [...lowered.builder.literals].map(([name, literal]) => literalMessage(name, literal));
  const weights = [...lowered.weights].map(([name, weight]) => {
    const { dtype: type, shape: dims, data } = weight;
    if (total <= inlineTotal || data.byteLength <= INLINE_TENSOR)
      return literalMessage(name, { type, dims, bytes: bytesOf(data) });
    const { location, offset, bytes } = external.add(weight);
    return externalMessage(name, type, dims, { location, offset, length: bytes.length });
  });
  const inputs = lowered.inputs.map(({ input, value }) => ({
    name: value,
    type: input.tensor.dtype,
    shape: input.tensor.shape,
  }));
  const message = modelMessage({
    nodes: lowered.nodes,
    initializers: [...literals, ...weights],
    inputs,
    outputs: lowered.outputs,
  });
  return { bytes: message.toBytes(), external: external.pieces };
}
