import type { FileRange } from '@crrg/tensor';
import type { LoweredGraph } from './lower/lower-graph.js';
import type { ModelWeight } from './lower/model-weight.js';
import { externalMessage, literalMessage, modelMessage } from './proto/onnx.js';

/** A piece of the data that lies outside the model; views of the caller's weights. */
export interface ExternalPiece {
  readonly location: string;
  readonly offset: number;
  readonly byteLength: number;
  /** Of weights that stay in a file, read from there each time. */
  readonly bytes: Uint8Array;
}

/** A model as an engine loads it. */
export interface EncodedModel {
  readonly bytes: Uint8Array;
  readonly external: readonly ExternalPiece[];
  /** Files of one folder in which the external data lies already, under their names there; none of it in `external`. */
  readonly mapped?: readonly FileRange[] | undefined;
  /** Where making the external data costs time, and all of it is made of files: a later process can find it again. */
  readonly recipe?: { readonly content: string; readonly state: string } | undefined;
  /** Whether it has kernels, which an engine lays out for its processor. */
  readonly hasConvolutions: boolean;
}

/** Where external data goes: one file, or one location per tensor; `folder`: one file, unless it lies in files already. */
export type ExternalLayout = 'file' | 'folder' | 'pieces';

/** Name of the one external file beside the model. */
export const EXTERNAL_FILE = 'weights.bin';

const INLINE_TOTAL = 64 * 2 ** 20;
const INLINE_TENSOR = 4096;
const ALIGNMENT = 4096;
/** Bytes of quantised weights that are worth a file of their own for the next process. */
const LEAST_KEPT = 2 ** 24;

class ExternalWriter {
  readonly pieces: ExternalPiece[] = [];
  private end = 0;
  private isMade = false;
  private readonly origins = new Map<string, readonly [size: number, changed: number]>();
  private readonly known = new Map<unknown, ExternalPiece>();

  constructor(
    private readonly layout: ExternalLayout,
    private readonly file: string,
  ) {}

  /** Where the data is; data of an earlier tensor is not written twice. */
  add({ source, byteLength, file, origin, bytes }: ModelWeight): ExternalPiece {
    const known = this.known.get(source);
    if (known) return known;
    const isOneFile = this.layout !== 'pieces';
    const offset = isOneFile ? Math.ceil(this.end / ALIGNMENT) * ALIGNMENT : 0;
    const piece: ExternalPiece = {
      location: isOneFile ? this.file : `${this.file}.${this.pieces.length}`,
      offset,
      byteLength,
      get bytes() {
        return bytes();
      },
    };
    this.end = offset + byteLength;
    this.pieces.push(piece);
    this.known.set(source, piece);
    this.isMade ||= file === undefined;
    if (origin) this.origins.set(origin.path, [origin.size, origin.changed]);
    return piece;
  }

  /** Places of files that it is made of, and the sizes and times of change of those files. */
  recipe(): EncodedModel['recipe'] {
    const sources = [...this.known.keys()];
    if (!this.isMade || !sources.every((source) => typeof source === 'string')) return undefined;
    const places = [...this.known].map(([source, { offset }]) => [offset, source]);
    return { content: JSON.stringify(places), state: JSON.stringify([...this.origins]) };
  }
}

/** The files of these weights where each has one and all are in one folder. */
function filesInOneFolder(weights: readonly ModelWeight[]): FileRange[] | undefined {
  const files = weights.flatMap(({ file }) => (file ? [file] : []));
  const isApart = (file: FileRange) => folderOf(file) !== folderOf(files[0]!);
  return files.length === weights.length && files.length > 0 && !files.some(isApart) ? files : undefined;
}

const isInMemory = ({ source }: ModelWeight) => typeof source === 'object';

const sumOfBytes = (weights: readonly ModelWeight[]) =>
  weights.reduce((sum, { byteLength }) => sum + byteLength, 0);

const isMadeOfFile = ({ source, file }: ModelWeight) => typeof source === 'string' && !file;

/**
 * Which weights stand in the model itself: all where they are small together and none takes long to make; else what is in memory and small, by
 * itself or together.
 */
function inlineRule(
  weights: readonly ModelWeight[],
  layout: ExternalLayout,
  inlineTotal: number,
): (weight: ModelWeight) => boolean {
  const takesLong = layout === 'folder' && sumOfBytes(weights.filter(isMadeOfFile)) >= LEAST_KEPT;
  if (sumOfBytes(weights) <= inlineTotal && !takesLong) return () => true;
  const takesRest = layout === 'folder' && sumOfBytes(weights.filter(isInMemory)) <= inlineTotal;
  return (weight) => isInMemory(weight) && (takesRest || weight.byteLength <= INLINE_TENSOR);
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
  const all = [...lowered.weights.values()];
  const isInline = inlineRule(all, layout, inlineTotal);
  const mapped =
    layout === 'folder' ? filesInOneFolder(all.filter((weight) => !isInline(weight))) : undefined;
  const literals = [...lowered.builder.literals].map(([name, literal]) => literalMessage(name, literal));
  const weights = [...lowered.weights].map(([name, weight]) => {
    const { type, shape: dims, file, byteLength: length } = weight;
    if (isInline(weight)) return literalMessage(name, { type, dims, bytes: weight.bytes() });
    if (mapped && file)
      return externalMessage(name, type, dims, { location: splitPath(file)[1], offset: file.offset, length });
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
    between: lowered.between,
  });
  const recipe = layout === 'folder' ? external.recipe() : undefined;
  const hasConvolutions = lowered.nodes.some(({ op }) => op === 'Conv');
  return { bytes: message.toBytes(), external: external.pieces, mapped, recipe, hasConvolutions };
}
