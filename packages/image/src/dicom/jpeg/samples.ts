/** Samples row by row: one byte each up to 8 bits, else two. */
export type Samples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

export function sampleArray(frame: {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
}): Samples {
  const count = frame.width * frame.height;
  return frame.bitDepth <= 8 ? new Uint8Array(count) : new Uint16Array(count);
}
