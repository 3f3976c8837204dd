import { Inflate } from 'fflate';
import dicomParser, { type DataSet, type ParseDicomOptions } from 'dicom-parser';
import { joinBytes } from '../join-bytes.js';
import { damagedDicom, otherThanDicom, refusedDicom } from './errors.js';
import { detectLayout, MEDIA_DIRECTORY, withPreamble } from './layout.js';
import { PIXEL_DATA } from './tags.js';
import { findTransferSyntax, type TransferSyntax } from './transfer-syntaxes.js';

/** The attributes of a file up to its pixels; offsets of elements count in `dataSet.byteArray`. */
export interface ParsedDicom {
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
}

/** Largest DICOM file, and largest deflated one after inflating: 256 MiB. */
export const MAXIMUM_DICOM_BYTES = 256 * 1024 * 1024;

/**
 * Reads the attributes of a DICOM file, with or without preamble and meta header, up to its pixel data.
 * @throws `ImageError` where it is a directory, or of a transfer syntax that is not decoded; texts of the parser where it is damaged
 */
export function parseDicom(bytes: Uint8Array): ParsedDicom {
  const layout = detectLayout(bytes);
  if (!layout) throw otherThanDicom();
  if (layout.guessedSyntax !== undefined) {
    const syntax = findTransferSyntax(layout.guessedSyntax);
    return { dataSet: parse(bytes, { TransferSyntaxUID: syntax.uid }), syntax };
  }
  const whole = withPreamble(bytes, layout.start);
  const meta = dicomParser.readPart10Header(whole);
  if (meta.elements['x00020010'] === undefined) throw damagedDicom('its transfer syntax is missing');
  if (meta.string('x00020002') === MEDIA_DIRECTORY)
    throw refusedDicom('a DICOMDIR, the index of a disk', 'name one of the films that it lists');
  const syntax = findTransferSyntax(meta.string('x00020010') ?? '');
  return { dataSet: parse(whole, { inflater: inflateFrom }), syntax };
}

function parse(bytes: Uint8Array, options: ParseDicomOptions): DataSet {
  return dicomParser.parseDicom(bytes, { ...options, untilTag: PIXEL_DATA });
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
