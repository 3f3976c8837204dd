import { deflateRawSync } from 'node:zlib';
import { joinBytes } from '../join-bytes.js';
import { letters } from './file-parts.js';

/** An element: group and element number, value representation, and a text, numbers, bytes or the items of a sequence. */
export type DicomElement = readonly [
  tag: number,
  vr: string,
  value: string | readonly number[] | Uint8Array | readonly (readonly DicomElement[])[],
];

export const IMPLICIT = '1.2.840.10008.1.2';
export const EXPLICIT = '1.2.840.10008.1.2.1';
export const DEFLATED = '1.2.840.10008.1.2.1.99';
export const BIG_ENDIAN = '1.2.840.10008.1.2.2';
export const RLE = '1.2.840.10008.1.2.5';
/** The class of a DICOMDIR. */
export const MEDIA_DIRECTORY = '1.2.840.10008.1.3.10';
export const DIGITAL_XRAY = '1.2.840.10008.5.1.4.1.1.1.1';

const LONG_VRS = ['OB', 'OW', 'SQ', 'UN', 'UT'];

interface Style {
  readonly isExplicit: boolean;
  readonly isLittleEndian: boolean;
}

function number(value: number, bytes: 2 | 4, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 2) view.setUint16(0, value & 0xffff, isLittleEndian);
  else view.setUint32(0, value, isLittleEndian);
  return new Uint8Array(view.buffer);
}

function tagBytes(tag: number, isLittleEndian: boolean): Uint8Array {
  return joinBytes([
    number(Math.floor(tag / 0x10000), 2, isLittleEndian),
    number(tag % 0x10000, 2, isLittleEndian),
  ]);
}

function valueBytes(vr: string, value: DicomElement[2], style: Style): Uint8Array {
  const { isLittleEndian } = style;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return letters(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value);
  if (vr === 'SQ') {
    return joinBytes(
      (value as readonly (readonly DicomElement[])[]).map((item) => {
        const body = joinBytes(item.map((element) => elementBytes(element, style)));
        return joinBytes([tagBytes(0xfffee000, isLittleEndian), number(body.length, 4, isLittleEndian), body]);
      }),
    );
  }
  return joinBytes((value as readonly number[]).map((each) => number(each, vr === 'UL' ? 4 : 2, isLittleEndian)));
}

/** The bytes of one element; pixel data in bytes of fragments have an undefined length. */
export function elementBytes([tag, vr, value]: DicomElement, style: Style): Uint8Array {
  const body = valueBytes(vr, value, style);
  const head = tagBytes(tag, style.isLittleEndian);
  const length = (bytes: 2 | 4) => number(body.length, bytes, style.isLittleEndian);
  if (!style.isExplicit) return joinBytes([head, length(4), body]);
  if (LONG_VRS.includes(vr)) return joinBytes([head, letters(vr), new Uint8Array(2), length(4), body]);
  return joinBytes([head, letters(vr), length(2), body]);
}

/** Pixel data in fragments, behind an empty offset table. */
export function fragmentedPixels(fragments: readonly Uint8Array[]): Uint8Array {
  const item = (bytes: Uint8Array) => joinBytes([tagBytes(0xfffee000, true), number(bytes.length, 4, true), bytes]);
  return joinBytes([
    tagBytes(0x7fe00010, true),
    letters('OB'),
    new Uint8Array(2),
    number(0xffffffff, 4, true),
    item(new Uint8Array(0)),
    ...fragments.map((fragment) => item(fragment.length % 2 ? joinBytes([fragment, new Uint8Array(1)]) : fragment)),
    tagBytes(0xfffee0dd, true),
    number(0, 4, true),
  ]);
}

export interface DicomFileOptions {
  /** @defaultValue Explicit VR Little Endian */
  readonly syntax?: string;
  /** That the meta header states. @defaultValue a digital X-ray image */
  readonly sopClass?: string;
  /** Leaves the preamble out, or the meta header too. */
  readonly without?: 'preamble' | 'header';
  /** Bytes behind the elements, such as {@link fragmentedPixels}. */
  readonly pixels?: Uint8Array;
}

/** A DICOM file of elements, which are put in order. */
export function dicomFile(elements: readonly DicomElement[], options: DicomFileOptions = {}): Uint8Array {
  const { syntax = EXPLICIT, sopClass = DIGITAL_XRAY, without, pixels = new Uint8Array(0) } = options;
  const style = { isExplicit: syntax !== IMPLICIT, isLittleEndian: syntax !== BIG_ENDIAN };
  const sorted = [...elements].sort(([a], [b]) => a - b);
  const data = joinBytes([...sorted.map((element) => elementBytes(element, style)), pixels]);
  if (without === 'header') return data;
  const metaStyle = { isExplicit: true, isLittleEndian: true };
  const meta = joinBytes(
    (
      [
        [0x00020001, 'OB', Uint8Array.of(0, 1)],
        [0x00020002, 'UI', sopClass],
        [0x00020010, 'UI', syntax],
      ] as const
    ).map((element) => elementBytes(element, metaStyle)),
  );
  const length = elementBytes([0x00020000, 'UL', [meta.length]], metaStyle);
  const preamble = without === 'preamble' ? [] : [new Uint8Array(128), letters('DICM')];
  return joinBytes([...preamble, length, meta, syntax === DEFLATED ? deflateRawSync(data) : data]);
}

/** The attributes of a chest film. */
export interface FilmAttributes {
  readonly rows: number;
  readonly columns: number;
  readonly bitsAllocated?: 8 | 16;
  readonly bitsStored?: number;
  readonly highBit?: number;
  readonly isSigned?: boolean;
  readonly photometric?: string;
}

/** The elements that every chest film has but its pixels; `more` replaces those of the same tag. */
export function filmElements(film: FilmAttributes, more: readonly DicomElement[] = []): DicomElement[] {
  const { rows, columns, bitsAllocated = 16, bitsStored = bitsAllocated, isSigned = false } = film;
  const elements: DicomElement[] = [
    [0x00080016, 'UI', DIGITAL_XRAY],
    [0x00080060, 'CS', 'DX'],
    [0x00180015, 'CS', 'CHEST'],
    [0x00185101, 'CS', 'PA'],
    [0x00280002, 'US', [1]],
    [0x00280004, 'CS', film.photometric ?? 'MONOCHROME2'],
    [0x00280010, 'US', [rows]],
    [0x00280011, 'US', [columns]],
    [0x00280100, 'US', [bitsAllocated]],
    [0x00280101, 'US', [bitsStored]],
    [0x00280102, 'US', [film.highBit ?? bitsStored - 1]],
    [0x00280103, 'US', [isSigned ? 1 : 0]],
  ];
  const replaced = new Set(more.map(([tag]) => tag));
  return [...elements.filter(([tag]) => !replaced.has(tag)), ...more];
}

/** Pixel data that are not compressed: a number a value, negative ones in two's complement. */
export function nativePixels(values: readonly number[], bitsAllocated: 8 | 16 = 16): DicomElement {
  if (bitsAllocated === 16) return [0x7fe00010, 'OW', values];
  return [0x7fe00010, 'OB', Uint8Array.from(values.length % 2 ? [...values, 0] : values)];
}
