import dicomParser from 'dicom-parser';

/** Stored values `[rows, columns]`, negative ones as such. */
export type PlainValues = Int32Array;

/**
 * The values of a file whose pixels are not compressed, little endian, as another program wrote it. `isWholeCell` takes what a decoder
 * left above the stored bits too, as those of lossy pictures do.
 */
export function readPlainValues(bytes: Uint8Array, isWholeCell: boolean): PlainValues {
  const dataSet = dicomParser.parseDicom(bytes);
  const read = (tag: string) => dataSet.uint16(tag)!;
  const [rows, columns, allocated, stored] = ['x00280010', 'x00280011', 'x00280100', 'x00280101'].map(
    read,
  ) as [number, number, number, number];
  const high = dataSet.uint16('x00280102') ?? stored - 1;
  const isSigned = dataSet.uint16('x00280103') === 1;
  const start = dataSet.elements['x7fe00010']!.dataOffset;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  return Int32Array.from({ length: rows * columns }, (_, at) => {
    const cell = allocated === 16 ? view.getUint16(2 * at, true) : view.getUint8(at);
    return isWholeCell
      ? toValue(cell, allocated, isSigned)
      : toValue((cell >> (high + 1 - stored)) & (2 ** stored - 1), stored, isSigned);
  });
}

/** The number that the lowest bits of a pattern stand for. */
export function toValue(pattern: number, bits: number, isSigned: boolean): number {
  return isSigned && pattern >= 2 ** (bits - 1) ? pattern - 2 ** bits : pattern;
}
