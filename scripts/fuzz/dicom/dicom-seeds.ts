import { readFileSync } from 'node:fs';
import { latin1 } from '../bytes.js';
import { flatJpeg, losslessJpeg, rle } from './codestreams.js';
import { PIXELS, SYNTAXES, type DicomModel, type Element } from './write-dicom.js';

const text = (tag: number, vr: string, value: string): Element => ({ tag, vr, value: latin1(value) });
const number = (tag: number, ...values: readonly number[]): Element => ({
  tag,
  vr: 'US',
  value: Uint16Array.from(values),
});

const WIDTH = 24;
const HEIGHT = 20;

const ramp = (bits: number, height = HEIGHT, width = WIDTH) =>
  Uint16Array.from(
    { length: height * width },
    (_, at) => Math.floor(((at % width) / width) * 2 ** bits * 0.9 + (at >> 5)) & (2 ** bits - 1),
  );

interface Film {
  readonly syntax: string;
  readonly bits: number;
  readonly allocated: 8 | 16;
  readonly pixels: Pick<Element, 'value' | 'fragments' | 'vr'>;
  readonly height?: number;
  readonly width?: number;
  readonly photometric?: string;
  readonly more?: readonly Element[];
}

/** Elements of a frontal chest film in the order of their tags. */
function film({
  syntax,
  bits,
  allocated,
  pixels,
  height = HEIGHT,
  width = WIDTH,
  photometric = 'MONOCHROME2',
  more = [],
}: Film): DicomModel {
  const elements: Element[] = [
    text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.1'),
    text(0x00020003, 'UI', '1.2.3.4.5\0'),
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1'),
    text(0x00080018, 'UI', '1.2.3.4.5\0'),
    text(0x00080060, 'CS', 'CR'),
    text(0x00100010, 'PN', 'NOBODY^NO'),
    text(0x00180015, 'CS', 'CHEST '),
    text(0x00185101, 'CS', 'PA'),
    number(0x00280002, 1),
    text(0x00280004, 'CS', photometric),
    number(0x00280010, height),
    number(0x00280011, width),
    number(0x00280100, allocated),
    number(0x00280101, bits),
    number(0x00280102, bits - 1),
    number(0x00280103, 0),
    ...more,
    { tag: PIXELS, ...pixels },
  ];
  return { syntax, elements: elements.sort((a, b) => a.tag - b.tag) };
}

const WINDOW = [text(0x00281050, 'DS', '2000\\100 '), text(0x00281051, 'DS', '3000\\50')];
const RESCALE = [text(0x00281052, 'DS', '-10 '), text(0x00281053, 'DS', '1.5 ')];
const lut = (tag: number, entries: number): Element => ({
  tag,
  vr: 'SQ',
  items: [
    [
      number(0x00283002, entries, 0, 16),
      { tag: 0x00283006, vr: 'OW', value: Uint16Array.from({ length: entries }, (_, at) => at * 16) },
    ],
  ],
});
const PRIVATE: readonly Element[] = [
  text(0x00091010, 'LO', 'SOMEBODY'),
  { tag: 0x00091011, vr: 'UN', value: latin1('private bytes ') },
  {
    tag: 0x00091012,
    vr: 'SQ',
    items: [[text(0x00091013, 'LO', 'inside'), { tag: 0x00091014, vr: 'SQ', items: [[], []] }]],
  },
];
const SEQUENCE: Element = {
  tag: 0x00082112,
  vr: 'SQ',
  items: [[text(0x00081150, 'UI', '1.2\0'), text(0x00081155, 'UI', '1.3\0')], []],
};

const words = (value: Uint16Array) => ({ vr: 'OW', value });
const bytes = (value: Uint16Array) => ({ vr: 'OB', value: Uint8Array.from(value) });
const packed = (...fragments: readonly Uint8Array[]) => ({
  vr: 'OB',
  fragments: [new Uint8Array(), ...fragments.map(even)],
});
const even = (fragment: Uint8Array) => (fragment.length % 2 === 0 ? fragment : Uint8Array.of(...fragment, 0));

/** Small films in every syntax, with what readers look at. */
export function dicomSeeds(): DicomModel[] {
  const stored = (name: string) => new Uint8Array(readFileSync(new URL(`../seeds/${name}`, import.meta.url)));
  const jpeg = stored('grey-baseline.jpg');
  const [grey8, grey12, grey16] = [ramp(8), ramp(12), ramp(16)];
  const flat = Array.from({ length: 4 }, (_, at) => at * 100 - 150);
  const plain = film({
    syntax: SYNTAXES.explicit,
    bits: 12,
    allocated: 16,
    pixels: words(grey12),
    more: [...WINDOW, SEQUENCE, ...PRIVATE],
  });
  const implicit = film({
    syntax: SYNTAXES.implicit,
    bits: 12,
    allocated: 16,
    pixels: words(grey12),
    photometric: 'MONOCHROME1',
    more: [...RESCALE, ...PRIVATE],
  });
  return [
    plain,
    implicit,
    { ...implicit, hasPreamble: false, hasMeta: false },
    film({ syntax: SYNTAXES.explicit, bits: 8, allocated: 8, pixels: bytes(grey8) }),
    film({
      syntax: SYNTAXES.explicit,
      bits: 12,
      allocated: 16,
      pixels: words(grey12),
      more: [lut(0x00283000, 256), lut(0x00283010, 1024)],
    }),
    film({ syntax: SYNTAXES.bigEndian, bits: 16, allocated: 16, pixels: words(grey16), more: WINDOW }),
    film({ syntax: SYNTAXES.deflated, bits: 12, allocated: 16, pixels: words(grey12) }),
    film({ syntax: SYNTAXES.rle, bits: 8, allocated: 8, pixels: packed(rle(grey8, 1)) }),
    film({ syntax: SYNTAXES.rle, bits: 12, allocated: 16, pixels: packed(rle(grey12, 2)), more: WINDOW }),
    film({
      syntax: SYNTAXES.jpeg,
      bits: 8,
      allocated: 8,
      height: 56,
      width: 72,
      pixels: packed(jpeg.subarray(0, 400), jpeg.subarray(400)),
    }),
    film({
      syntax: SYNTAXES.jpeg12,
      bits: 12,
      allocated: 16,
      height: 8,
      width: 32,
      pixels: packed(flatJpeg(flat, 12)),
    }),
    film({
      syntax: SYNTAXES.losslessFirst,
      bits: 12,
      allocated: 16,
      pixels: packed(losslessJpeg(grey12, WIDTH, 12)),
    }),
    ...(
      [
        [SYNTAXES.jpegLs, 'grey-12bit.jls'],
        [SYNTAXES.jpeg2000, 'grey-12bit.j2k'],
        [SYNTAXES.htj2k, 'grey-12bit.jph'],
      ] as const
    ).map(([syntax, name]) => film({ syntax, bits: 12, allocated: 16, pixels: packed(stored(name)) })),
    film({ syntax: SYNTAXES.lossless, bits: 8, allocated: 8, pixels: packed(losslessJpeg(grey8, WIDTH, 8)) }),
  ];
}
