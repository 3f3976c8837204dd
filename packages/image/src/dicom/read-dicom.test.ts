import { describe, expect, it } from 'vitest';
import {
  BIG_ENDIAN,
  DEFLATED,
  dicomFile,
  EXPLICIT,
  filmElements,
  fragmentedPixels,
  IMPLICIT,
  MEDIA_DIRECTORY,
  nativePixels,
  RLE,
  type DicomElement,
  type FilmAttributes,
} from '../__fixtures__/dicom-file.js';
import { nodeCodecs } from './codecs-node.js';
import { describeDicom, readDicom, type ReadDicomOptions } from './read-dicom.js';

const read = (bytes: Uint8Array, options?: ReadDicomOptions) => readDicom(bytes, nodeCodecs, options);

/** Reads four values in a square. */
async function readFour(
  values: readonly number[],
  more: readonly DicomElement[] = [],
  film: Partial<FilmAttributes> = {},
) {
  const elements = filmElements({ rows: 2, columns: 2, ...film }, more);
  return read(dicomFile([...elements, nativePixels(values, film.bitsAllocated)]));
}

const greysOf = async (...args: Parameters<typeof readFour>) =>
  Array.from((await readFour(...args)).image.data);
const codesOf = async (...args: Parameters<typeof readFour>) =>
  (await readFour(...args)).doubts.map(({ code }) => code);

const window = (center: string, width: string, name?: string): DicomElement[] => [
  [0x00281050, 'DS', center],
  [0x00281051, 'DS', width],
  ...(name ? ([[0x00281056, 'CS', name]] as const) : []),
];

const table = (first: number, bits: number, entries: readonly number[], vr = 'US'): DicomElement[] => [
  [0x00283002, vr, [entries.length, first, bits]],
  [0x00283006, 'OW', entries],
];

describe('the rule from stored values to greys', () => {
  it('spreads the values from the lowest to the highest where the file has no window', async () => {
    expect(await greysOf([100, 200, 300, 500])).toEqual([0, 16384, 32768, 65535]);
  });

  it('gives 8 bits where at most 8 are stored', async () => {
    const { image } = await readFour([0, 10, 20, 40], [], { bitsAllocated: 8 });
    expect(image).toMatchObject({ bitDepth: 8, data: Uint8Array.of(0, 64, 128, 255) });
  });

  it('applies a LINEAR window with its half values: center 2048, width 4096 spans 0 to 4095', async () => {
    const four = [0, 1024, 2048, 4095];
    expect(await greysOf(four, window('2048', '4096'))).toEqual([0, 16388, 32776, 65535]);
  });

  it('applies LINEAR_EXACT and SIGMOID windows by their own formulas', async () => {
    expect(await greysOf([0, 50, 100, 200], window('100', '200', 'LINEAR_EXACT'))).toEqual([
      0, 16384, 32768, 65535,
    ]);
    // 65535 / (1 + exp(-4 (v - 100) / 200))
    expect(await greysOf([0, 50, 100, 200], window('100', '200', 'SIGMOID'))).toEqual([
      7812, 17625, 32768, 57723,
    ]);
  });

  it('uses the first of several windows and says so', async () => {
    const two = window('100\\500', '200\\10', 'LINEAR_EXACT');
    expect(await greysOf([0, 50, 100, 200], two)).toEqual([0, 16384, 32768, 65535]);
    expect(await codesOf([0, 50, 100, 200], two)).toEqual(['several-windows']);
  });

  it.each([
    ['a width of 0', window('100', '0')],
    ['a LINEAR width below 1', window('100', '0.5')],
    ['a center that is no number', window('x', '10')],
    ['an unknown function', window('100', '10', 'CUBIC')],
  ])('does not apply %s, and says so', async (_, senseless) => {
    expect(await greysOf([0, 1, 2, 4], senseless)).toEqual([0, 16384, 32768, 65535]);
    expect(await codesOf([0, 1, 2, 4], senseless)).toEqual(['window-not-applied']);
  });

  it('rescales before the window: slope 2, intercept -100', async () => {
    const rescale: DicomElement[] = [
      [0x00281052, 'DS', '-100'],
      [0x00281053, 'DS', '2'],
    ];
    const exact = [...window('0', '200', 'LINEAR_EXACT'), ...rescale];
    expect(await greysOf([0, 50, 75, 100], exact)).toEqual([0, 32768, 49151, 65535]);
  });

  it('looks values up in a modality table before the window, and in the first and last entry outside it', async () => {
    const more: DicomElement[] = [
      [0x00283000, 'SQ', [table(10, 16, [0, 100, 200])]],
      ...window('100', '200', 'LINEAR_EXACT'),
    ];
    expect(await greysOf([0, 11, 12, 4000], more)).toEqual([0, 32768, 65535, 65535]);
  });

  it('prefers a table of values of interest to a window, in the bits of its entries', async () => {
    const more: DicomElement[] = [
      [0x00283010, 'SQ', [table(0, 12, [0, 1024, 2048, 4095])]],
      ...window('1', '1'),
    ];
    expect(await greysOf([0, 1, 2, 3], more)).toEqual([0, 16388, 32776, 65535]);
  });

  it('reads a table whose first value is negative where pixels are signed', async () => {
    const more: DicomElement[] = [[0x00283010, 'SQ', [table(-1, 8, [0, 51, 255], 'SS')]]];
    expect(await greysOf([-1, 0, 1, 5], more, { isSigned: true })).toEqual([0, 13107, 65535, 65535]);
  });

  it('takes the first value of a table behind a modality table for unsigned, whatever the pixels are', async () => {
    const more: DicomElement[] = [
      [0x00283000, 'SQ', [table(0, 16, [0, 40_000, 40_001, 40_002])]],
      [0x00283010, 'SQ', [table(40_000, 8, [51, 102, 255], 'UN')]],
    ];
    expect(await greysOf([0, 1, 2, 3], more, { isSigned: true })).toEqual([13107, 13107, 26214, 65535]);
  });

  it('reads a table of 65,536 entries, whose number is written as 0', async () => {
    const whole = Array.from({ length: 65_536 }, (_, value) => value);
    const tables: DicomElement[] = [
      [0x00283002, 'US', [0, 0, 16]],
      [0x00283006, 'OW', whole],
    ];
    expect(await greysOf([0, 1, 40_000, 65_535], [[0x00283010, 'SQ', [tables]]])).toEqual([
      0, 1, 40_000, 65_535,
    ]);
  });

  it('reads entries of 8 bits that are packed two a word', async () => {
    const packed: DicomElement[] = [
      [0x00283002, 'US', [4, 0, 8]],
      [0x00283006, 'OW', Uint8Array.of(0, 51, 102, 255)],
    ];
    expect(await greysOf([0, 1, 2, 3], [[0x00283010, 'SQ', [packed]]])).toEqual([0, 13107, 26214, 65535]);
  });

  it('passes over a table without values, but not over values without their number', async () => {
    const empty: DicomElement[] = [
      [0x00283002, 'US', []],
      [0x00283006, 'US', []],
    ];
    const tables: DicomElement[] = [
      [0x00283000, 'SQ', [empty]],
      [0x00283010, 'SQ', [empty]],
    ];
    expect(await greysOf([0, 1, 2, 3], tables)).toEqual([0, 21845, 43690, 65535]);
    const unnumbered: DicomElement[] = [empty[0]!, [0x00283006, 'US', [0, 1, 2, 3]]];
    await expect(greysOf([0, 1, 2, 3], [[0x00283010, 'SQ', [unnumbered]]])).rejects.toThrow(
      /a table of its greys/,
    );
  });

  it('inverts MONOCHROME1 so that air is dark', async () => {
    expect(await greysOf([0, 1, 2, 4], [], { photometric: 'MONOCHROME1' })).toEqual([65535, 49151, 32768, 0]);
  });

  it('leaves padding black and out of the span, also where MONOCHROME1 inverts', async () => {
    const padding: DicomElement[] = [[0x00280120, 'US', [9000]]];
    expect(await greysOf([9000, 0, 2, 4], padding)).toEqual([0, 0, 32768, 65535]);
    expect(await greysOf([9000, 0, 2, 4], padding, { photometric: 'MONOCHROME1' })).toEqual([
      0, 65535, 32768, 0,
    ]);
  });

  it('leaves a range of padding out', async () => {
    const padding: DicomElement[] = [
      [0x00280120, 'US', [9000]],
      [0x00280121, 'US', [9999]],
    ];
    expect(await greysOf([9500, 0, 2, 4], padding)).toEqual([0, 0, 32768, 65535]);
  });

  it('reads signed values in fewer bits than their cells', async () => {
    expect(await greysOf([-2048, -1024, 0, 2047], [], { bitsStored: 12, isSigned: true })).toEqual([
      0, 16388, 32776, 65535,
    ]);
    expect(await codesOf([-2048, -1024, 0, 2047], [], { bitsStored: 12, isSigned: true })).toEqual([]);
  });

  it('takes values out of the high bits of their cells', async () => {
    const film = { bitsStored: 12, highBit: 15 };
    expect(await greysOf([0, 0x4000, 0x8000, 0xfff0], [], film)).toEqual([0, 16388, 32776, 65535]);
  });

  it('ignores bits above the stored ones and says so, unless an overlay lies there', async () => {
    const overlay: DicomElement[] = [[0x60000102, 'US', [12]]];
    expect(await greysOf([0xf000, 1, 2, 4], [], { bitsStored: 12 })).toEqual([0, 16384, 32768, 65535]);
    expect(await codesOf([0xf000, 1, 2, 4], [], { bitsStored: 12 })).toEqual(['stray-bits']);
    expect(await codesOf([0xf000, 1, 2, 4], overlay, { bitsStored: 12 })).toEqual([]);
  });

  it("gives a black picture for one value, which the pixels' own doubts name", async () => {
    expect(await greysOf([7, 7, 7, 7])).toEqual([0, 0, 0, 0]);
  });
});

describe('transfer syntaxes', () => {
  const values = [0, 1000, 2000, 4000];
  const elements = [...filmElements({ rows: 2, columns: 2 }), nativePixels(values)];
  const hashOf = async (bytes: Uint8Array) => (await read(bytes)).provenance.pixelSha256;

  it.each([
    ['Implicit VR Little Endian', { syntax: IMPLICIT }],
    ['Explicit VR Big Endian', { syntax: BIG_ENDIAN }],
    ['Deflated Explicit VR Little Endian', { syntax: DEFLATED }],
    ['a file without preamble', { without: 'preamble' }],
    ['a bare data set', { without: 'header' }],
    ['a bare data set, implicit', { without: 'header', syntax: IMPLICIT }],
    ['a bare data set, big endian', { without: 'header', syntax: BIG_ENDIAN }],
  ] as const)('reads the same values from %s', async (_, options) => {
    expect(await hashOf(dicomFile(elements, options))).toBe(await hashOf(dicomFile(elements)));
  });

  it.each([
    ['implicit elements under the name of explicit ones', IMPLICIT, EXPLICIT],
    ['explicit elements under the name of implicit ones', EXPLICIT, IMPLICIT],
  ])('reads %s, and tells what they are', async (_, written, stated) => {
    const file = Buffer.from(dicomFile(elements, { syntax: written }));
    const meta = Buffer.from(dicomFile([], { syntax: stated }));
    const mixed = Buffer.concat([meta, file.subarray(dicomFile([], { syntax: written }).length)]);
    const { provenance } = await read(mixed);
    expect(provenance).toMatchObject({ transferSyntax: written, pixelSha256: await hashOf(file) });
  });

  it('swaps the bytes of 8-bit values that are written as big endian words', async () => {
    const film = filmElements({ rows: 1, columns: 4, bitsAllocated: 8 });
    const words = dicomFile([...film, [0x7fe00010, 'OW', Uint8Array.of(2, 1, 4, 3)]], { syntax: BIG_ENDIAN });
    const bytes = dicomFile([...film, [0x7fe00010, 'OB', Uint8Array.of(1, 2, 3, 4)]], { syntax: BIG_ENDIAN });
    expect(await hashOf(words)).toBe(await hashOf(bytes));
  });

  it('reads run lengths in fragments', async () => {
    const header = new Uint8Array(64);
    new DataView(header.buffer).setUint32(0, 2, true);
    new DataView(header.buffer).setUint32(4, 64, true);
    new DataView(header.buffer).setUint32(8, 68, true);
    // High bytes 0, 3, 7, 15 as literals with padding; low bytes 0 once, 0xe8, 0xd0, 0xa0.
    const frame = [...header, 3, 0, 3, 7, 15, 3, 0, 0xe8, 0xd0, 0xa0];
    new DataView(header.buffer).setUint32(8, 69, true);
    frame.splice(0, 64, ...header);
    const pixels = fragmentedPixels([Uint8Array.from(frame.slice(0, 70)), Uint8Array.from(frame.slice(70))]);
    const file = dicomFile(filmElements({ rows: 2, columns: 2 }), { syntax: RLE, pixels });
    expect(await hashOf(file)).toBe(await hashOf(dicomFile(elements)));
  });

  it('refuses fragments that are not closed, and those of a syntax without', async () => {
    const pixels = fragmentedPixels([new Uint8Array(80)]);
    const film = filmElements({ rows: 2, columns: 2 });
    const open = dicomFile(film, { syntax: RLE, pixels: pixels.subarray(0, -8) });
    await expect(read(open)).rejects.toThrow(/the fragments of its pixels have no end/);
    await expect(read(dicomFile(film, { pixels }))).rejects.toThrow(/its pixels are compressed although/);
    await expect(read(dicomFile(elements, { syntax: RLE }))).rejects.toThrow(/its pixels are not compressed/);
  });

  it('refuses an unknown syntax by its number, or without it where it is no standard one', async () => {
    await expect(read(dicomFile(elements, { syntax: '1.2.840.10008.1.2.4.100' }))).rejects.toThrow(
      /got transfer syntax 1\.2\.840\.10008\.1\.2\.4\.100/,
    );
    for (const syntax of ['1.2.3.SECRET', '1.2.840.10008.1.2.4.19700131'])
      await expect(read(dicomFile(elements, { syntax }))).rejects.toThrow(/got an unknown transfer/);
  });
});

describe('refusals', () => {
  const film = (more: readonly DicomElement[] = [], attributes: Partial<FilmAttributes> = {}) =>
    dicomFile([...filmElements({ rows: 2, columns: 2, ...attributes }, more), nativePixels([0, 1, 2, 3])]);

  it.each<[string, Uint8Array, RegExp]>([
    ['several frames', film([[0x00280008, 'IS', '2']]), /got a file of several frames/],
    ['colour by its channels', film([[0x00280002, 'US', [3]]]), /got a picture in colour/],
    ['colour by its name', film([], { photometric: 'PALETTE COLOR' }), /got a picture in colour/],
    ['no word of black and white', film([[0x00280004, 'CS', 'x']]), /low values are black or white/],
    ['no rows', film([[0x00280010, 'US', [0]]]), /2x0 pixels/],
    ['cells of 32 bits', film([[0x00280100, 'US', [32]]]), /cells of 32 bits/],
    ['more bits than a cell has', film([[0x00280101, 'US', [17]]]), /17 bits up to bit 15/],
    ['missing pixels', film([], { rows: 3 }), /it holds 8 of 12 bytes of pixels/],
    ['pixels of a second frame', film([], { rows: 1 }), /it holds 8 bytes of pixels where one frame has 4/],
    ['a slope of 0', film([[0x00281053, 'DS', '0']]), /slope or intercept/],
    [
      'a table cut off',
      film([
        [
          0x00283010,
          'SQ',
          [
            [
              [0x00283002, 'US', [9, 0, 16]],
              [0x00283006, 'OW', [1]],
            ],
          ],
        ],
      ]),
      /a table of its greys/,
    ],
  ])('refuses %s', async (_, file, message) => {
    await expect(read(file)).rejects.toThrow(message);
  });

  it('refuses a picture of more pixels than allowed before its pixels are looked at', async () => {
    const huge = film([], { rows: 65_535, columns: 65_535 });
    await expect(read(huge)).rejects.toThrow(/got 65535x65535 pixels, more than 100000000/);
    await expect(read(film(), { maxPixels: 3 })).rejects.toThrow(/got 2x2 pixels, more than 3/);
  });

  it('refuses a disk index, a report and a presentation state by what they are', async () => {
    await expect(read(dicomFile([], { sopClass: MEDIA_DIRECTORY }))).rejects.toThrow(/got a DICOMDIR/);
    const object = (sopClass: string) => dicomFile([[0x00080016, 'UI', sopClass]]);
    await expect(read(object('1.2.840.10008.5.1.4.1.1.88.11'))).rejects.toThrow(/got a structured report/);
    await expect(read(object('1.2.840.10008.5.1.4.1.1.11.1'))).rejects.toThrow(/got a presentation state/);
    await expect(read(object('1.2.840.10008.5.1.4.1.1.104.1'))).rejects.toThrow(
      /got an encapsulated document/,
    );
  });

  it.each([
    ['a CT image by its class', [[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2']], /got a CT image/],
    ['a mammogram by its class', [[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.2']], /got a mammogram/],
    [
      'an MR image by its modality in a secondary capture',
      [
        [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
        [0x00080060, 'CS', 'MR'],
      ],
      /got an MR image/,
    ],
  ] as const)('refuses %s where only radiographs are asked for, else reads it', async (_, more, message) => {
    await expect(read(film(more), { radiographOnly: true })).rejects.toThrow(message);
    expect((await read(film(more))).image.width).toBe(2);
  });

  it('refuses a file of a million empty elements, and an attribute of a megabyte, before they fill the memory', async () => {
    const items = new Uint8Array(8 * 1_000_000);
    const tags = new DataView(items.buffer);
    for (let at = 0; at < items.length; at += 8) tags.setUint32(at, 0xe000fffe, true);
    const sequence: DicomElement = [0x00081140, 'SQ', items];
    await expect(read(dicomFile([sequence]))).rejects.toThrow(/far too many elements/);
    const text: DicomElement = [0x00080060, 'UT', 'A'.repeat(1_000_000)];
    await expect(read(film([text]))).rejects.toThrow(/an attribute is far too long/);
  });

  it('refuses deflated data that would grow beyond 256 MiB', async () => {
    const bomb = dicomFile([[0x00081140, 'UN', new Uint8Array(270_000_000)]], { syntax: DEFLATED });
    expect(bomb.length).toBeLessThan(1_000_000);
    await expect(read(bomb)).rejects.toThrow(/a deflated file of more than 256 MiB/);
  });

  it('refuses files cut off at any byte', async () => {
    const whole = film();
    for (let length = 0; length < whole.length; length++) {
      const cut = read(whole.subarray(0, length));
      await expect(cut, `${length} bytes`).rejects.toMatchObject({ name: 'ImageError', code: 'IMAGE' });
    }
  });
});

describe('doubts from attributes', () => {
  const doubtsOf = (more: readonly DicomElement[]) => codesOf([0, 1, 2, 4], more);

  it('has none about a frontal chest film', async () => {
    expect(await doubtsOf([[0x00200020, 'CS', 'L\\F']])).toEqual([]);
  });

  it.each<[string, string, DicomElement[]]>([
    ['another part of the body', 'not-a-chest', [[0x00180015, 'CS', 'HAND']]],
    ['a lateral view', 'not-frontal', [[0x00185101, 'CS', 'LL']]],
    ['a lateral view in words', 'not-frontal', [[0x00185101, 'CS', 'LATERAL']]],
    ['an oblique view', 'not-frontal', [[0x00185101, 'CS', 'RAO']]],
    [
      'a lateral view by its code',
      'not-frontal',
      [
        [0x00185101, 'CS', ''],
        [0x00540220, 'SQ', [[[0x00080100, 'SH', 'R-10236']]]],
      ],
    ],
    [
      'rows that run from front to back',
      'not-frontal',
      [
        [0x00185101, 'CS', ''],
        [0x00200020, 'CS', 'A\\F'],
      ],
    ],
    ['a mirrored film', 'orientation-not-applied', [[0x00200020, 'CS', 'R\\F']]],
    ['a film on its side', 'orientation-not-applied', [[0x00200020, 'CS', 'F\\R']]],
    ['raw data of the detector', 'not-for-presentation', [[0x00080068, 'CS', 'FOR PROCESSING']]],
    ['pixels that are not square', 'pixels-not-square', [[0x00280034, 'IS', '4\\3']]],
    ['spacings that differ', 'pixels-not-square', [[0x00181164, 'DS', '0.1\\0.2']]],
    ['MONOCHROME2 with an inverse shape', 'polarity-disagrees', [[0x20500020, 'CS', 'INVERSE']]],
    [
      'no modality',
      'modality-unknown',
      [
        [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
        [0x00080060, 'CS', 'OT'],
      ],
    ],
  ])('doubts %s', async (_, code, more) => {
    expect(await doubtsOf(more)).toEqual([code]);
  });

  it('takes a chest in another language or in a longer name for one', async () => {
    for (const part of ['PORT CHEST', 'THORAX', 'TORAX'])
      expect(await doubtsOf([[0x00180015, 'CS', part]])).toEqual([]);
  });
});

describe('provenance', () => {
  it('tells syntax, window and inversion, and identifiers only where they are asked for', async () => {
    const uids: DicomElement[] = [
      [0x0020000d, 'UI', '1.2.3'],
      [0x0020000e, 'UI', '1.2.4'],
      [0x00080018, 'UI', '1.2.5'],
    ];
    const file = dicomFile([
      ...filmElements({ rows: 2, columns: 2, photometric: 'MONOCHROME1' }, [...uids, ...window('2', '4')]),
      nativePixels([0, 1, 2, 3]),
    ]);
    const { provenance } = await read(file);
    expect(provenance).toEqual({
      transferSyntax: EXPLICIT,
      range: { kind: 'window', center: 2, width: 4, function: 'LINEAR' },
      isInverted: true,
      bitsStored: 16,
      // printf '\0\0\1\0\2\0\3\0' | sha256sum
      pixelSha256: '245bbd9d484dcf27c714e2690cd6544973de5d54aa9cd82eab23d6046a65faa8',
    });
    expect((await read(file, { identifiers: true })).provenance.identifiers).toEqual({
      studyInstanceUid: '1.2.3',
      seriesInstanceUid: '1.2.4',
      sopInstanceUid: '1.2.5',
      sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
    });
  });

  it('calls a file of another format one', async () => {
    await expect(describeDicom(new Uint8Array(300), nodeCodecs)).rejects.toThrow(
      'expected a DICOM file, got one of another format; name a DICOM file.',
    );
  });

  it('describes what cannot be read too', async () => {
    const ct = filmElements({ rows: 2, columns: 2 }, [[0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2']]);
    const readable = await describeDicom(dicomFile([...ct, nativePixels([0, 1, 2, 3])]), nodeCodecs);
    expect(readable).toMatchObject({
      kind: 'a CT image',
      format: { rows: 2 },
      provenance: { bitsStored: 16 },
    });
    expect(readable.problem).toMatch(/got a CT image/);
    const cut = await describeDicom(dicomFile([...ct, nativePixels([0])]), nodeCodecs);
    expect(cut).toMatchObject({ format: { rows: 2 }, provenance: null });
    expect(cut.problem).toMatch(/it holds 2 of 8 bytes/);
    const report = await describeDicom(
      dicomFile([[0x00080060, 'CS', 'SR']], { sopClass: '1.2.3' }),
      nodeCodecs,
    );
    expect(report).toMatchObject({ kind: 'a structured report', format: null });
    expect(report.problem).toMatch(/got a structured report/);
  });
});
