/** An element: its tag, value representation, and a text, numbers of 16 bits, bytes, or the items of a sequence. */
export type Element = readonly [
  tag: number,
  vr: string,
  value: string | readonly number[] | Uint8Array | readonly (readonly Element[])[],
];

export const EXPLICIT = '1.2.840.10008.1.2.1';
export const MEDIA_DIRECTORY = '1.2.840.10008.1.3.10';
const DIGITAL_XRAY = '1.2.840.10008.5.1.4.1.1.1.1';
const LONG_VRS = ['OB', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT'];

function tagBytes(tag: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(Math.floor(tag / 0x10000), 0);
  bytes.writeUInt16LE(tag % 0x10000, 2);
  return bytes;
}

const uint16 = (value: number) => Buffer.from([value & 255, value >> 8]);
const uint32 = (value: number) => Buffer.concat([uint16(value & 0xffff), uint16(value >>> 16)]);

function valueBytes(vr: string, value: Element[2]): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string')
    return Buffer.from(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value, 'latin1');
  if (vr !== 'SQ') return Buffer.concat((value as readonly number[]).map(uint16));
  const items = (value as readonly (readonly Element[])[]).map(elementsBytes);
  return Buffer.concat(items.flatMap((item) => [tagBytes(0xfffee000), uint32(item.length), item]));
}

function elementsBytes(elements: readonly Element[]): Buffer {
  const sorted = [...elements].sort(([a], [b]) => a - b);
  return Buffer.concat(
    sorted.flatMap(([tag, vr, value]) => {
      const body = valueBytes(vr, value);
      const length = LONG_VRS.includes(vr)
        ? Buffer.concat([uint16(0), uint32(body.length)])
        : uint16(body.length);
      return [tagBytes(tag), Buffer.from(vr), length, body];
    }),
  );
}

/** How a DICOM file begins. */
export interface MetaHeader {
  /** @defaultValue Explicit VR Little Endian, in which the file is written anyway */
  readonly syntax?: string;
  /** @defaultValue a digital X-ray image */
  readonly sopClass?: string;
  readonly more?: readonly Element[];
  /** 128 bytes of anything. @defaultValue zeros */
  readonly preamble?: string;
}

/** A DICOM file of elements, which are put in order. */
export function dicomFile(elements: readonly Element[], header: MetaHeader = {}): Buffer {
  const { syntax = EXPLICIT, sopClass = DIGITAL_XRAY, more = [], preamble = '' } = header;
  const meta = elementsBytes([
    [0x00020001, 'OB', Uint8Array.of(0, 1)],
    [0x00020002, 'UI', sopClass],
    [0x00020010, 'UI', syntax],
    ...more,
  ]);
  return Buffer.concat([
    Buffer.from(preamble.padEnd(128, '\0'), 'latin1'),
    Buffer.from('DICM'),
    elementsBytes([[0x00020000, 'UL', Uint8Array.from(uint32(meta.length))]]),
    meta,
    elementsBytes(elements),
  ]);
}

/** The elements of a chest film of 12 bits; `more` replaces those of the same tag. */
export function filmElements(
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  more: readonly Element[] = [],
): Element[] {
  const elements: Element[] = [
    [0x00080016, 'UI', DIGITAL_XRAY],
    [0x00080060, 'CS', 'DX'],
    [0x00180015, 'CS', 'CHEST'],
    [0x00185101, 'CS', 'PA'],
    [0x00280002, 'US', [1]],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', [height]],
    [0x00280011, 'US', [width]],
    [0x00280100, 'US', [16]],
    [0x00280101, 'US', [12]],
    [0x00280102, 'US', [11]],
    [0x00280103, 'US', [0]],
    [0x7fe00010, 'OW', Uint8Array.from(new Uint8Array(Uint16Array.from(data).buffer))],
  ];
  const replaced = new Set(more.map(([tag]) => tag));
  return [...elements.filter(([tag]) => !replaced.has(tag)), ...more];
}
