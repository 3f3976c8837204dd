import { Inflate } from 'fflate';
import dicomParser, { type ByteArrayParser, type DataSet } from 'dicom-parser';
import { joinBytes } from '../join-bytes.js';
import { damagedDicom, otherThanDicom, refusedDicom } from './errors.js';
import { detectLayout, MEDIA_DIRECTORY } from './layout.js';
import { readMetaHeader } from './meta-header.js';
import { PIXEL_DATA, TAGS } from './tags.js';
import { findTransferSyntax, type TransferSyntax } from './transfer-syntaxes.js';

const {
  bigEndianByteArrayParser,
  ByteStream,
  littleEndianByteArrayParser,
  parseDicomDataSetExplicit,
  parseDicomDataSetImplicit,
} = dicomParser;
// The types of the parser leave its class out.
const { DataSet: DataSetClass } = dicomParser as unknown as {
  readonly DataSet: new (parser: ByteArrayParser, bytes: Uint8Array, elements: object) => DataSet;
};

/** The attributes of a file up to its pixels; offsets of elements count in `dataSet.byteArray`. */
export interface ParsedDicom {
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
}

/** Largest DICOM file, and largest deflated one after inflating: 256 MiB. */
export const MAXIMUM_DICOM_BYTES = 256 * 1024 * 1024;

/** Most numbers that are read to find the elements of a file, some three an element: a film has a few hundred elements. */
const MOST_READS = 2_000_000;
/** Longest value of an attribute that is read as text. */
const LONGEST_TEXT = 4096;

/**
 * Reads the attributes of a DICOM file, with or without preamble and meta header, up to its pixel data.
 * @throws `ImageError` where it is a directory, or of a transfer syntax that is not decoded; texts of the parser where it is damaged
 */
export function parseDicom(bytes: Uint8Array): ParsedDicom {
  const layout = detectLayout(bytes);
  if (!layout) throw otherThanDicom();
  if (layout.guessedSyntax !== undefined)
    return parseDataSet(bytes, layout.start, findTransferSyntax(layout.guessedSyntax));
  const { syntaxUid, classUid, end } = readMetaHeader(bytes, layout.start);
  if (classUid === MEDIA_DIRECTORY)
    throw refusedDicom('a DICOMDIR, the index of a disk', 'name one of the films that it lists');
  if (syntaxUid === undefined) throw damagedDicom('its transfer syntax is missing');
  const syntax = writtenSyntax(findTransferSyntax(syntaxUid), bytes.subarray(end));
  return parseDataSet(syntax.isDeflated ? inflateFrom(bytes, end) : bytes, end, syntax);
}

/** Some programs state implicit elements and write explicit ones, or the reverse; the first element shows it. */
function writtenSyntax(stated: TransferSyntax, data: Uint8Array): TransferSyntax {
  const uid = detectLayout(data)?.guessedSyntax;
  const shown = uid === undefined ? stated : findTransferSyntax(uid);
  return isPlain(stated) && isPlain(shown) ? shown : stated;
}

/** Native little endian pixels, whose elements may be implicit or explicit. */
function isPlain({ encoding, isBigEndian, isDeflated }: TransferSyntax): boolean {
  return encoding === 'native' && !isBigEndian && !isDeflated;
}

function parseDataSet(bytes: Uint8Array, start: number, syntax: TransferSyntax): ParsedDicom {
  const parser = syntax.isBigEndian ? bigEndianByteArrayParser : littleEndianByteArrayParser;
  const dataSet = new DataSetClass(parser, bytes, {});
  const parse = syntax.isImplicit ? parseDicomDataSetImplicit : parseDicomDataSetExplicit;
  parse(dataSet, new CountingStream(parser, bytes, start), bytes.length, { untilTag: PIXEL_DATA });
  for (const tag of Object.values(TAGS)) {
    const element = dataSet.elements[tag];
    if (element && !element.items && element.length > LONGEST_TEXT)
      throw damagedDicom('an attribute is far too long');
  }
  return { dataSet, syntax };
}

/** Ends the parsing of files that consist of elements only: each one costs far more memory than the bytes that make it. */
class CountingStream extends ByteStream {
  private reads = 0;

  override readUint16 = (): number => {
    this.reads += 1;
    if (this.reads > MOST_READS) throw damagedDicom('it holds far too many elements');
    const value = this.byteArrayParser.readUint16(this.byteArray, this.position);
    this.position += 2;
    return value;
  };
}

/** The file with everything from `start` on inflated, never beyond {@link MAXIMUM_DICOM_BYTES}. */
function inflateFrom(bytes: Uint8Array, start: number): Uint8Array {
  const chunks: Uint8Array[] = [bytes.subarray(0, start)];
  let length = start;
  let isWhole = false;
  const inflate = new Inflate((chunk, final) => {
    length += chunk.length;
    isWhole = final;
    if (length > MAXIMUM_DICOM_BYTES)
      throw refusedDicom('a deflated file of more than 256 MiB', 'save it without deflating');
    chunks.push(chunk);
  });
  const step = 1 << 16;
  for (let at = start; at < bytes.length; at += step)
    inflate.push(bytes.subarray(at, at + step), at + step >= bytes.length);
  if (!isWhole) throw damagedDicom('its deflated data end early');
  return joinBytes(chunks);
}
