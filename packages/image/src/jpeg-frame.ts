import { ImageError } from '@crrg/core';
import { damagedJpeg, type JpegSegment } from './jpeg-markers.js';

/** What a frame header of a JPEG file states. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly isProgressive: boolean;
  readonly isLossless: boolean;
  readonly components: readonly JpegComponent[];
}

/** A frame header before its channels are read. */
export interface StatedFrame {
  /** What makes it a JPEG that few programs read: the coding that its marker names; undefined for sequential and progressive ones. */
  readonly rareKind: string | undefined;
  readonly isLossless: boolean;
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly channels: number;
}

/** One channel, in blocks of 8x8 samples. */
export interface JpegComponent {
  readonly id: number;
  /** Number of its quantisation table. */
  readonly quantiser: number;
  /** Blocks of a whole unit across and down. */
  readonly across: number;
  readonly down: number;
  /** Blocks that hold the picture, where the channel has a scan of its own. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
}

const LOSSLESS = 0xc3;

const RARE_KINDS: Readonly<Record<number, string>> = {
  [LOSSLESS]: 'a lossless JPEG',
  0xc5: 'a hierarchical JPEG',
  0xc6: 'a hierarchical JPEG',
  0xc7: 'a hierarchical lossless JPEG',
  0xc9: 'a JPEG with arithmetic coding',
  0xca: 'a JPEG with arithmetic coding',
  0xcb: 'a lossless JPEG with arithmetic coding',
  0xcd: 'a hierarchical JPEG',
  0xce: 'a hierarchical JPEG',
  0xcf: 'a hierarchical JPEG',
  0xf7: 'a JPEG-LS file',
};

/**
 * The frame header, of a kind that `assertSupported` lets pass; unless told otherwise, the kinds that every decoder reads: baseline,
 * extended or progressive, 8 bits, Huffman coding.
 * @throws {@link ImageError} that names any other kind and what to save it as
 */
export function readJpegFrame(
  bytes: Uint8Array,
  { marker, start, end }: JpegSegment,
  assertSupported: (stated: StatedFrame) => void = assertCommon,
): JpegFrame {
  const channels = bytes[start + 5] ?? 0;
  if (end - start < 6 + 3 * channels || channels === 0) throw damagedJpeg('its frame header is cut off');
  const bitDepth = bytes[start]!;
  const height = (bytes[start + 1]! << 8) | bytes[start + 2]!;
  const width = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  const isLossless = marker === LOSSLESS;
  assertSupported({ rareKind: RARE_KINDS[marker], isLossless, width, height, bitDepth, channels });
  return {
    width,
    height,
    bitDepth,
    isProgressive: marker === 0xc2,
    isLossless,
    components: readComponents(bytes.subarray(start + 6, start + 6 + 3 * channels), width, height),
  };
}

function assertCommon({ rareKind, bitDepth, channels }: StatedFrame): void {
  const kind = rareKind ?? (bitDepth === 8 ? undefined : `a ${bitDepth}-bit JPEG`);
  if (kind) throw unsupportedKind(kind, bitDepth);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw unsupportedKind(`a JPEG with ${channels} channels`, bitDepth);
}

function readComponents(bytes: Uint8Array, width: number, height: number): JpegComponent[] {
  const stated = Array.from({ length: bytes.length / 3 }, (_, at) => ({
    id: bytes[at * 3]!,
    across: bytes[at * 3 + 1]! >> 4,
    down: bytes[at * 3 + 1]! & 15,
    quantiser: bytes[at * 3 + 2]!,
  }));
  if (stated.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4))
    throw damagedJpeg('its channels have impossible sizes');
  const acrossMost = Math.max(...stated.map(({ across }) => across));
  const downMost = Math.max(...stated.map(({ down }) => down));
  return stated.map((component) => ({
    ...component,
    blocksAcross: Math.ceil(Math.ceil((width * component.across) / acrossMost) / 8),
    blocksDown: Math.ceil(Math.ceil((height * component.down) / downMost) / 8),
  }));
}

function unsupportedKind(kind: string, bitDepth: number): ImageError {
  const advice = bitDepth > 8 ? 'a 16-bit PNG, which keeps every grey' : 'a PNG or a baseline JPEG';
  return new ImageError(
    `image.sniffImage: expected a PNG file or an 8-bit baseline or progressive JPEG, got ${kind}; open it in the program that made it and save it as ${advice}.`,
  );
}
