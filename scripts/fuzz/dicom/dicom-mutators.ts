import type { Random } from '@crrg/core';
import { latin1, littleEndian } from '../bytes.js';
import { pick } from '../format.js';
import { BYTE_MUTATORS, EDGES } from '../mutate-bytes.js';
import {
  nestedSequences,
  PIXELS,
  SYNTAXES,
  UNDEFINED,
  type DicomModel,
  type Element,
} from './write-dicom.js';

/** Changes a file before it is written. */
export type ModelMutator = (model: DicomModel, random: Random) => DicomModel;

const VRS = [
  'AE',
  'AS',
  'AT',
  'CS',
  'DA',
  'DS',
  'FD',
  'FL',
  'IS',
  'LO',
  'LT',
  'OB',
  'OW',
  'PN',
  'SQ',
  'SS',
  'UI',
  'UL',
  'UN',
  'US',
  'UT',
  'UV',
  '??',
  '\0\0',
  'zz',
];
/** What a file says of its pixels: samples, planes, frames, rows, columns, bits, sign. */
const LAYOUT = [
  0x00280002, 0x00280006, 0x00280010, 0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
];
const SIZES = [0, 1, 2, 3, 7, 8, 12, 15, 16, 17, 32, 64, 255, 256, 10_000, 32_767, 32_768, 65_535];
/** What is read as numbers from text: frames, aspect ratio, windows, rescale. */
const NUMERIC = [0x00280008, 0x00280034, 0x00281050, 0x00281051, 0x00281052, 0x00281053];
const NUMBERS = [
  '',
  ' ',
  '0',
  '-1',
  '1',
  '1e308',
  '1e999',
  '-1e-320',
  'NaN',
  'Infinity',
  '0x10',
  '1,5',
  '1\\2\\3',
  '\\',
  '\\\\',
  '1'.repeat(70),
  '9'.repeat(60_000),
  '\0',
];
/** What a film is: class, modality, part, view, colours, shape, function of the window. */
const KINDS: Readonly<Record<number, readonly string[]>> = {
  0x00080016: [
    '1.2.840.10008.5.1.4.1.1.104.1',
    '1.2.840.10008.5.1.4.1.1.11.1',
    '1.2.840.10008.5.1.4.1.1.88.11',
    '1.2.840.10008.1.3.10',
    'x',
    '',
  ],
  0x00080060: ['CR', 'DX', 'CT', 'MR', 'DOC', '', '\u001b[31m'],
  0x00180015: ['CHEST', 'HAND', '', 'x'.repeat(5000)],
  0x00185101: ['PA', 'AP', 'LL', '\0'],
  0x00280004: ['MONOCHROME1', 'MONOCHROME2', 'RGB', 'YBR_FULL_422', 'PALETTE COLOR', ''],
  0x20500020: ['IDENTITY', 'INVERSE', 'x'],
  0x00281056: ['LINEAR', 'LINEAR_EXACT', 'SIGMOID', 'x'],
};

const someElement =
  (
    test: (element: Element) => boolean,
    change: (element: Element, random: Random) => readonly Element[],
  ): ModelMutator =>
  (model, random) => {
    const places = [...model.elements.keys()].filter((at) => test(model.elements[at]!));
    if (places.length === 0) return model;
    const at = pick(places, random);
    return { ...model, elements: model.elements.toSpliced(at, 1, ...change(model.elements[at]!, random)) };
  };

const any = () => true;
const isPixels = ({ tag }: Element) => tag === PIXELS;

/** Replaces the element of a tag, or puts it where it belongs. */
function withElement(model: DicomModel, element: Element): DicomModel {
  const others = model.elements.filter(({ tag }) => tag !== element.tag);
  return { ...model, elements: [...others, element].sort((a, b) => a.tag - b.tag) };
}

const changeLayout: ModelMutator = (model, random) => {
  const one = withElement(model, {
    tag: pick(LAYOUT, random),
    vr: 'US',
    value: Uint16Array.of(pick(SIZES, random)),
  });
  return random.next() < 0.3 ? changeLayout(one, random) : one;
};

const changeNumber: ModelMutator = (model, random) =>
  withElement(model, {
    tag: pick(NUMERIC, random),
    vr: pick(['DS', 'IS'], random),
    value: latin1(pick(NUMBERS, random)),
  });

const changeKind: ModelMutator = (model, random) => {
  const [tag, values] = pick(Object.entries(KINDS), random);
  return withElement(model, { tag: Number(tag), vr: 'CS', value: latin1(pick(values, random)) });
};

const drop = someElement(any, () => []);
const duplicate = someElement(any, (element) => [element, element]);
const changeVr = someElement(any, (element, random) => [{ ...element, vr: pick(VRS, random) }]);

/** Lengths that lie: zero, odd, beyond the end, undefined. */
const changeLength = someElement(any, (element, random) => {
  const stated =
    random.next() < 0.3 ? UNDEFINED : random.next() < 0.3 ? random.integer(64) : pick(EDGES, random);
  return [{ ...element, stated }];
});

const changeValue = someElement(
  ({ value }) => value instanceof Uint8Array,
  (element, random) => [
    { ...element, value: pick(BYTE_MUTATORS, random)(element.value as Uint8Array, random) },
  ],
);

const shuffle: ModelMutator = (model, random) => ({ ...model, elements: random.shuffle(model.elements) });

const changeSyntax: ModelMutator = (model, random) => ({
  ...model,
  syntax: pick([...Object.values(SYNTAXES), '', '1.2.840.10008.1.2.4.100', '1.2.3', '1'.repeat(200)], random),
});

const dropParts: ModelMutator = (model, random) => ({
  ...model,
  hasPreamble: random.next() < 0.5,
  hasMeta: random.next() < 0.5,
});

const NESTED = [0x00081140, 0x00091099, 0x00283000, 0x00283010, 0x20500010, PIXELS];

const nest: ModelMutator = (model, random) => {
  const isUndefined = random.next() < 0.6;
  const value = nestedSequences(pick([2, 50, 1000, 10_000], random), isUndefined);
  return withElement(model, {
    tag: pick(NESTED, random),
    vr: pick(['SQ', 'SQ', 'UN'], random),
    value,
    ...(isUndefined && { stated: UNDEFINED }),
  });
};

const changeTable = someElement(
  ({ tag }) => tag === 0x00283000 || tag === 0x00283010,
  (element, random) => {
    const [first = []] = element.items ?? [];
    const descriptor = {
      tag: 0x00283002,
      vr: 'US',
      value: Uint16Array.from({ length: pick([0, 2, 3, 3, 3, 4], random) }, () => pick(SIZES, random)),
    };
    const data = {
      tag: 0x00283006,
      vr: pick(['OW', 'US', 'OB'], random),
      value: new Uint16Array(pick([0, 1, 256, 65_536], random)),
    };
    const items = [
      [
        ...first.slice(2),
        ...(random.next() < 0.9 ? [descriptor] : []),
        ...(random.next() < 0.7 ? [...first.slice(1, 2)] : [data]),
      ],
    ];
    return [{ ...element, items: random.next() < 0.1 ? [] : items }];
  },
);

/** Fragments that are cut, empty, doubled, in another order, damaged, or many; tables of offsets that lie. */
const changeFragments = someElement(
  ({ fragments }) => fragments !== undefined,
  (element, random) => {
    const fragments = [...element.fragments!];
    const at = random.integer(Math.max(1, fragments.length));
    const one = fragments[at] ?? new Uint8Array();
    const others: readonly (() => readonly Uint8Array[])[] = [
      () => [],
      () => [one, one],
      () => [one.subarray(0, random.integer(one.length + 1))],
      () => [one.subarray(0, one.length >> 1), one.subarray(one.length >> 1)],
      () => [pick(BYTE_MUTATORS, random)(one, random)],
      () => [pick(BYTE_MUTATORS, random)(one, random)],
      () => [new Uint8Array(), one],
      () => new Array<Uint8Array>(2000).fill(one.subarray(0, 2)),
      () => [littleEndian(pick(EDGES, random), 4), one],
    ];
    return [{ ...element, fragments: fragments.toSpliced(at, 1, ...pick(others, random)()) }];
  },
);

const changePixels = someElement(isPixels, (element, random) => {
  const kind = random.integer(4);
  const value = new Uint8Array(pick([0, 1, 100, 100_000], random));
  if (kind === 0) return [{ tag: PIXELS, vr: 'OW', value }];
  if (kind === 1) return [{ tag: PIXELS, vr: 'OB', fragments: [value] }];
  if (kind === 2) return [{ ...element, tag: pick([0x7fe00008, 0x7fe00009, 0x00091077], random) }];
  return [{ ...element, fragments: undefined, value: element.fragments?.at(-1) ?? value }];
});

const addMany: ModelMutator = (model, random) => {
  const count = pick([10, 1000, 50_000], random);
  const more = Array.from({ length: count }, (_, at) => ({
    tag: 0x00110000 + (at & 0xffff),
    vr: 'LO',
    value: new Uint8Array(),
  }));
  return { ...model, elements: [...model.elements, ...more].sort((a, b) => a.tag - b.tag) };
};

/** Changes that know DICOM. */
export const MODEL_MUTATORS: readonly ModelMutator[] = [
  changeLayout,
  changeLayout,
  changeNumber,
  changeKind,
  drop,
  duplicate,
  changeVr,
  changeLength,
  changeLength,
  changeValue,
  shuffle,
  changeSyntax,
  dropParts,
  nest,
  changeTable,
  changeFragments,
  changeFragments,
  changePixels,
  addMany,
];
