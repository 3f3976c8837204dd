import { byteLengthOf, type FileRange, type HostTensor } from '@crrg/tensor';
import type { LoweredGraph } from './lower/lower-graph.js';
import { bytesOf } from './model-builder.js';
import { externalMessage, literalMessage, modelMessage } from './proto/onnx.js';

/** A piece of the data that lies outside the model; views of the caller's weights. */
export interface ExternalPiece {
  readonly location: string;
  readonly offset: number;
  /** Of weights that stay in a file, read from there each time. */
  readonly bytes: Uint8Array;
}

/** A model as an engine loads it. */
export interface EncodedModel {
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalPiece[];
  /** Files of one folder in which the external data lies already, under their names there; none of it in `external`. */
  readonly mapped?: readonly FileRange[] | undefined;
}

/** Where external data goes: one file, or one location per tensor; `folder`: one file, unless it lies in files already. */
export type ExternalLayout = 'file' | 'folder' | 'pieces';

/** Name of the one external file beside the model. */
export const EXTERNAL_FILE = 'weights.bin';

const INLINE_TOTAL = 64 * 2 ** 20;
const INLINE_TENSOR = 4096;
const ALIGNMENT = 4096;

class ExternalWriter {
  readonly pieces: ExternalPiece[] = [];
  private end = 0;
  private readonly known = new Map<unknown, ExternalPiece>();

  constructor(
    private readonly layout: ExternalLayout,
    private readonly file: string,
  ) {}

  /** Where the data is; data of an earlier tensor is not written twice. */
  add(tensor: HostTensor): ExternalPiece {
    const key = tensor.file ? `${tensor.file.path}:${tensor.file.offset}` : tensor.data;
    const known = this.known.get(key);
    if (known) return known;
    const isOneFile = this.layout !== 'pieces';
    const offset = isOneFile ? Math.ceil(this.end / ALIGNMENT) * ALIGNMENT : 0;
    const piece: ExternalPiece = {
      location: isOneFile ? this.file : `${this.file}.${this.pieces.length}`,
      offset,
      get bytes() {
        return bytesOf(tensor.data);
      },
    };
    this.end = offset + byteLengthOf(tensor);
    this.pieces.push(piece);
    this.known.set(key, piece);
    return piece;
  }
}

/** The files in one folder that hold all large weights; undefined where some lie elsewhere, or the rest is too much for the model itself. */
function mappedFiles(weights: LoweredGraph['weights'], inlineTotal: number): FileRange[] | undefined {
  const files = [...weights.values()].flatMap(({ file }) => (file ? [file] : []));
  const isApart = (file: FileRange) => folderOf(file) !== folderOf(files[0]!);
  return files.length > 0 && !files.some(isApart) && sumOfBytes(weights, isInMemory) <= inlineTotal
    ? files
    : undefined;
}

const isInMemory = ({ file }: HostTensor) => file === undefined;

function sumOfBytes(weights: LoweredGraph['weights'], isCounted: (weight: HostTensor) => boolean): number {
  return [...weights.values()].filter(isCounted).reduce((sum, weight) => sum + byteLengthOf(weight), 0);
}

/** Before and after the last separator of a path. */
function splitPath({ path }: FileRange): readonly [folder: string, name: string] {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return [path.slice(0, end), path.slice(end + 1)];
}

/** The folder of a file. */
export const folderOf = (file: FileRange): string => splitPath(file)[0];

/**
 * Encodes a lowered graph. Weights stand in the model where they are small together; otherwise beside it, so that the model stays
 * below the 2 GB that protocol buffers allow and no second copy of the weights is made. Where all large ones lie in files of one folder, and
 * the engine reads files, they stay there.
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
  const isSmall = sumOfBytes(lowered.weights, () => true) <= inlineTotal;
  const mapped = layout === 'folder' && !isSmall ? mappedFiles(lowered.weights, inlineTotal) : undefined;
  const literals = [...lowered.builder.literals].map(([name, literal]) => literalMessage(name, literal));
  const weights = [...lowered.weights].map(([name, weight]) => {
    const { dtype: type, shape: dims, file } = weight;
    const length = byteLengthOf(weight);
    if (mapped && file)
      return externalMessage(name, type, dims, { location: splitPath(file)[1], offset: file.offset, length });
    if (mapped || isSmall || length <= INLINE_TENSOR)
      return literalMessage(name, { type, dims, bytes: bytesOf(weight.data) });
    const { location, offset } = external.add(weight);
    return externalMessage(name, type, dims, { location, offset, length });
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
  return { bytes: message.toBytes(), external: external.pieces, mapped };
}
