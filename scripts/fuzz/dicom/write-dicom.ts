import { deflateRawSync } from 'node:zlib';
import { bigEndian, join, joinAll, latin1, littleEndian } from '../bytes.js';

/** An element of a data set, as it is to be written, right or wrong. */
export interface Element {
  /** Group and element, as 0xGGGGEEEE. */
  readonly tag: number;
  readonly vr: string;
  /** Numbers of 16 bits are written in the order of the file. */
  readonly value?: Uint8Array | Uint16Array | undefined;
  /** Of a sequence. */
  readonly items?: readonly (readonly Element[])[] | undefined;
  /** Of encapsulated pixels, the table of offsets first. */
  readonly fragments?: readonly Uint8Array[] | undefined;
  /** Written in place of the true length. */
  readonly stated?: number | undefined;
}

/** A file before it is written. */
export interface DicomModel {
  readonly syntax: string;
  readonly elements: readonly Element[];
  /** @defaultValue true */
  readonly hasPreamble?: boolean | undefined;
  /** @defaultValue true */
  readonly hasMeta?: boolean | undefined;
}

export const SYNTAXES = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
  jpeg: '1.2.840.10008.1.2.4.50',
  jpeg12: '1.2.840.10008.1.2.4.51',
  lossless: '1.2.840.10008.1.2.4.57',
  losslessFirst: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpegLsLossy: '1.2.840.10008.1.2.4.81',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  jpeg2000Lossy: '1.2.840.10008.1.2.4.91',
  htj2k: '1.2.840.10008.1.2.4.201',
  rle: '1.2.840.10008.1.2.5',
} as const;

export const PIXELS = 0x7fe00010;
export const UNDEFINED = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
/** Representations whose length has four bytes. */
const WIDE = new Set(['OB', 'OW', 'OF', 'OD', 'OL', 'SQ', 'UT', 'UN', 'UC', 'UR', 'SV', 'UV', 'OV']);

interface Form {
  readonly isExplicit: boolean;
  readonly number: typeof littleEndian;
}

const writeTag = (tag: number, { number }: Form) => join(number(tag >>> 16, 2), number(tag & 0xffff, 2));
const writeItem = (tag: number, length: number, form: Form) =>
  join(writeTag(tag, form), form.number(length, 4));

function header(tag: number, vr: string, length: number, form: Form): Uint8Array {
  if (!form.isExplicit) return join(writeTag(tag, form), form.number(length, 4));
  if (WIDE.has(vr)) return join(writeTag(tag, form), latin1(vr), [0, 0], form.number(length, 4));
  return join(writeTag(tag, form), latin1(vr), form.number(length & 0xffff, 2));
}

function bodyOf({ items, fragments, value = new Uint8Array() }: Element, form: Form): Uint8Array {
  const end = writeItem(SEQUENCE_END, 0, form);
  if (fragments)
    return join(joinAll(fragments.flatMap((each) => [writeItem(ITEM, each.length, form), each])), end);
  if (items)
    return join(
      joinAll(
        items.map((each) =>
          join(writeItem(ITEM, UNDEFINED, form), writeElements(each, form), writeItem(ITEM_END, 0, form)),
        ),
      ),
      end,
    );
  const bytes =
    value instanceof Uint16Array ? joinAll(Array.from(value, (each) => form.number(each, 2))) : value;
  return bytes.length % 2 === 0 ? bytes : join(bytes, [value instanceof Uint16Array ? 0 : 0x20]);
}

/** Sequences and fragments have undefined lengths unless another is stated. */
function writeElement(element: Element, form: Form): Uint8Array {
  const body = bodyOf(element, form);
  const length = element.items || element.fragments ? UNDEFINED : body.length;
  return join(header(element.tag, element.vr, element.stated ?? length, form), body);
}

const writeElements = (elements: readonly Element[], form: Form) =>
  joinAll(elements.map((each) => writeElement(each, form)));

/** The bytes of a file, its elements in the order of the list. */
export function writeDicom({ syntax, elements, hasPreamble = true, hasMeta = true }: DicomModel): Uint8Array {
  const explicit: Form = { isExplicit: true, number: littleEndian };
  const form: Form = {
    isExplicit: syntax !== SYNTAXES.implicit,
    number: syntax === SYNTAXES.bigEndian ? bigEndian : littleEndian,
  };
  const meta = elements.filter(({ tag }) => tag >>> 16 === 2);
  const uid = writeElement(
    { tag: 0x00020010, vr: 'UI', value: latin1(`${syntax}\0`.slice(0, syntax.length + (syntax.length % 2))) },
    explicit,
  );
  const group = join(writeElements(meta, explicit), uid);
  const length = writeElement({ tag: 0x00020000, vr: 'UL', value: littleEndian(group.length, 4) }, explicit);
  const data = writeElements(
    elements.filter(({ tag }) => tag >>> 16 !== 2),
    form,
  );
  return join(
    hasPreamble ? join(new Uint8Array(128), latin1('DICM')) : new Uint8Array(),
    hasMeta ? join(length, group) : new Uint8Array(),
    syntax === SYNTAXES.deflated ? deflateRawSync(data) : data,
  );
}

/** Sequences in each other, as the value of a sequence whose length is stated rightly or not at all. */
export function nestedSequences(levels: number, isUndefined: boolean): Uint8Array {
  const form: Form = { isExplicit: true, number: littleEndian };
  const tag = 0x00082112;
  const opening = (rest: number) =>
    join(
      writeItem(ITEM, isUndefined ? UNDEFINED : rest * 20 - 8, form),
      header(tag, 'SQ', isUndefined ? UNDEFINED : (rest - 1) * 20, form),
    );
  const openings = Array.from({ length: levels }, (_, level) => opening(levels - level));
  const closings = join(writeItem(SEQUENCE_END, 0, form), writeItem(ITEM_END, 0, form));
  return join(joinAll(openings), joinAll(isUndefined ? new Array<Uint8Array>(levels).fill(closings) : []));
}
