import type { Size } from '@crrg/core';

/** Tag as 0xGGGGEEEE, value representation, and the value: a text, or numbers of 16 bits. */
type Element = readonly [
  tag: number,
  vr: 'UI' | 'CS' | 'DS' | 'US' | 'OW' | 'UL',
  value: string | Uint16Array,
];

const DIGITAL_XRAY = '1.2.840.10008.5.1.4.1.1.1.1';
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

function encode([tag, vr, value]: Element): Buffer {
  const padding = vr === 'UI' ? '\0' : ' ';
  const body =
    typeof value === 'string'
      ? Buffer.from(value.length % 2 === 0 ? value : value + padding, 'latin1')
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const head = Buffer.alloc(vr === 'OW' ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (vr === 'OW') head.writeUInt32LE(body.length, 8);
  else head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

/** A chest film of 12 bits as a DICOM file (Explicit VR Little Endian), all of its greys in the window. */
export function dicomFilm(
  film: Size & { readonly data: Uint16Array; readonly isInverted: boolean },
): Uint8Array {
  const { width, height, data, isInverted } = film;
  const numbers = (...values: number[]) => Uint16Array.from(values);
  const elements: readonly Element[] = [
    [0x00080016, 'UI', DIGITAL_XRAY],
    [0x00080060, 'CS', 'DX'],
    [0x00180015, 'CS', 'CHEST'],
    [0x00185101, 'CS', 'PA'],
    [0x00280002, 'US', numbers(1)],
    [0x00280004, 'CS', isInverted ? 'MONOCHROME1' : 'MONOCHROME2'],
    [0x00280010, 'US', numbers(height)],
    [0x00280011, 'US', numbers(width)],
    [0x00280100, 'US', numbers(16)],
    [0x00280101, 'US', numbers(12)],
    [0x00280102, 'US', numbers(11)],
    [0x00280103, 'US', numbers(0)],
    [0x00281050, 'DS', '2047.5'],
    [0x00281051, 'DS', '4095'],
    [0x7fe00010, 'OW', data],
  ];
  const meta = Buffer.concat(
    (
      [
        [0x00020002, 'UI', DIGITAL_XRAY],
        [0x00020010, 'UI', EXPLICIT_LITTLE_ENDIAN],
      ] as const
    ).map(encode),
  );
  const length = encode([0x00020000, 'UL', numbers(meta.length, 0)]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, ...elements.map(encode)]);
}
