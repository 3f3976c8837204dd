import { readJpeg2000Header, readJpegLsHeader, withoutBoxes, type CodestreamHeader } from './codestream.js';
import { damagedDicom } from './errors.js';
import { isMemoryLimit } from './memory-limit.js';
import type { CodecName } from './transfer-syntaxes.js';

/** A decoder of OpenJPEG, CharLS or OpenJPH, compiled to WebAssembly. */
export interface WasmDecoder {
  /** Room for the compressed bytes in the memory of the module. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  /** The samples, in the memory of the module: a byte each, or two with the lower first. */
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
  };
  delete(): void;
}

/** Gives the class of a codec, loaded once a file of its kind comes. */
export type Codecs = Readonly<Record<CodecName, () => Promise<new () => WasmDecoder>>>;

/** What the package of a codec exports. */
export type CreateCodecModule = (options: {
  readonly print: () => void;
  readonly printErr: () => void;
  /** The compiled module; without it the package reads its own file. */
  readonly wasmBinary?: Uint8Array;
}) => Promise<Readonly<Record<string, new () => WasmDecoder>>>;

const DECODER_CLASSES: Readonly<Record<CodecName, string>> = {
  'jpeg-ls': 'JpegLSDecoder',
  'jpeg-2000': 'J2KDecoder',
  htj2k: 'HTJ2KDecoder',
};

/** Codecs from a loader of each module; `wasmBinaries` where they do not lie beside their packages. */
export function createCodecs(
  loaders: Readonly<Record<CodecName, () => Promise<CreateCodecModule>>>,
  wasmBinaries: Partial<Record<CodecName, Uint8Array>> = {},
): Codecs {
  const codec = (name: CodecName) => {
    let loading: Promise<new () => WasmDecoder> | undefined;
    const load = async () => {
      const createModule = await loaders[name]();
      const wasmBinary = wasmBinaries[name];
      // Codecs write their trouble to the console; the error that they throw is enough.
      const module = await createModule({ print() {}, printErr() {}, ...(wasmBinary && { wasmBinary }) });
      return module[DECODER_CLASSES[name]]!;
    };
    return () => (loading ??= load());
  };
  return { 'jpeg-ls': codec('jpeg-ls'), 'jpeg-2000': codec('jpeg-2000'), htj2k: codec('htj2k') };
}

/** Samples of a codestream. */
export interface Samples extends CodestreamHeader {
  /** `[height, width]`; two's complement where signed. */
  readonly data: Uint8Array | Uint16Array;
}

const HEADER_READERS: Readonly<Record<CodecName, (bytes: Uint8Array) => CodestreamHeader>> = {
  'jpeg-ls': readJpegLsHeader,
  'jpeg-2000': readJpeg2000Header,
  htj2k: readJpeg2000Header,
};

/**
 * The samples of a codestream that must have the size and at most the bits of the file that holds it; checked in its header, before
 * the codec allocates.
 * @throws `ImageError` where it is damaged, of another size, or has more bits
 * @throws `BackendError` where the codec is not installed
 */
export async function decodeCodestream(
  name: CodecName,
  data: Uint8Array,
  expected: { readonly width: number; readonly height: number; readonly maximumBits: number },
  codecs: Codecs,
): Promise<Samples> {
  const bytes = withoutBoxes(data);
  const header = HEADER_READERS[name](bytes);
  if (header.width !== expected.width || header.height !== expected.height)
    throw damagedDicom(
      `its pixels are ${header.width}x${header.height}, its attributes say ${expected.width}x${expected.height}`,
    );
  if (header.bits < 2 || header.bits > expected.maximumBits)
    throw damagedDicom(`its pixels have ${header.bits} bits, its attributes allow ${expected.maximumBits}`);
  const Decoder = await codecs[name]();
  try {
    return { ...header, data: runDecoder(new Decoder(), bytes, header) };
  } catch (cause) {
    throw isMemoryLimit(cause) ? cause : damagedDicom('its compressed pixels cannot be decoded');
  }
}

function runDecoder(decoder: WasmDecoder, bytes: Uint8Array, header: CodestreamHeader): Samples['data'] {
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, componentCount } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    const cells = header.width * header.height;
    const bytesPerCell = header.bits > 8 ? 2 : 1;
    const isExpected = width === header.width && height === header.height && componentCount === 1;
    if (!isExpected || decoded.length !== cells * bytesPerCell)
      throw new Error('another picture than the header says');
    const data = decoded.slice();
    return bytesPerCell === 1 ? data : new Uint16Array(data.buffer);
  } finally {
    decoder.delete();
  }
}
