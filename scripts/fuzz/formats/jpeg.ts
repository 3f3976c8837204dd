import { readdir, readFile } from 'node:fs/promises';
import type { Random } from '@crrg/core';
import { bigEndian, join, joinAll, latin1, viewOf } from '../bytes.js';
import { mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { PICTURE_LIMITS, readPicture } from '../read-picture.js';

/** A marker segment, or entropy-coded data. */
interface Segment {
  /** Undefined for entropy-coded data. */
  readonly marker: number | undefined;
  readonly data: Uint8Array;
}

const SOS = 0xda;
const MARKERS = [
  0x01, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc8, 0xc9, 0xcc, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xe0,
  0xe1, 0xee, 0xf7, 0xfe,
];
const SIZES = [0, 1, 7, 8, 9, 100, 4096, 9999, 10000, 32767, 32768, 65500, 65535];

function parseSegments(file: Uint8Array): Segment[] {
  const view = viewOf(file);
  const segments: Segment[] = [];
  for (let at = 2; at + 4 <= file.length && file[at] === 0xff;) {
    const marker = file[at + 1]!;
    if (marker === 0xd9) break;
    const end = Math.min(file.length, at + 2 + view.getUint16(at + 2));
    segments.push({ marker, data: file.subarray(at + 4, end) });
    at = end;
    if (marker !== SOS) continue;
    while (
      at < file.length &&
      !(file[at] === 0xff && file[at + 1] !== 0 && !(file[at + 1]! >= 0xd0 && file[at + 1]! <= 0xd7))
    )
      at += 1;
    segments.push({ marker: undefined, data: file.subarray(end, at) });
  }
  return segments;
}

/** A segment with its right length. */
export const jpegSegment = (marker: number, data: Uint8Array | readonly number[]): Uint8Array =>
  join([0xff, marker], bigEndian((data.length + 2) & 0xffff, 2), data);

const writeSegments = (segments: readonly Segment[]) =>
  join(
    [0xff, 0xd8],
    joinAll(segments.map(({ marker, data }) => (marker === undefined ? data : jpegSegment(marker, data)))),
    [0xff, 0xd9],
  );

const ofSegments =
  (change: (segments: readonly Segment[], random: Random) => readonly Segment[]): Mutator =>
  (file, random) =>
    writeSegments(change(parseSegments(file), random));

const ofSegment = (
  test: (segment: Segment) => boolean,
  change: (data: Uint8Array, random: Random) => Uint8Array,
) =>
  ofSegments((segments, random) => {
    const places = [...segments.keys()].filter((at) => test(segments[at]!));
    const chosen = places.length === 0 ? -1 : pick(places, random);
    return segments.map((segment, at) =>
      at === chosen ? { ...segment, data: change(segment.data.slice(), random) } : segment,
    );
  });

const isFrame = ({ marker }: Segment) => marker !== undefined && marker >= 0xc0 && marker <= 0xc2;
const isMarker = (wanted: number) => (segment: Segment) => segment.marker === wanted;

const changeSize = ofSegment(isFrame, (data, random) => {
  data.set(bigEndian(pick(SIZES, random), 2), 1);
  if (random.next() < 0.7) data.set(bigEndian(pick(SIZES, random), 2), 3);
  return data;
});

const changeFrame = ofSegment(isFrame, (data, random) => {
  const at = random.next() < 0.2 ? 0 : 5 + random.integer(Math.max(1, data.length - 5));
  data[at] = pick([0, 1, 2, 3, 4, 8, 12, 16, 0x11, 0x12, 0x21, 0x22, 0x41, 0x44, 0x55, 0xff], random);
  return data;
});

const changeTable = ofSegment(
  ({ marker }) => marker === 0xc4 || marker === 0xdb,
  (data, random) => {
    for (let left = 1 + random.integer(3); left > 0; left--)
      data[random.integer(Math.max(1, Math.min(20, data.length)))] = random.integer(256);
    return data;
  },
);

const changeScan = ofSegment(isMarker(SOS), (data, random) => {
  data[random.integer(Math.max(1, data.length))] = pick(
    [0, 1, 2, 3, 4, 10, 0x10, 0x11, 0x1f, 0x21, 0x3f, 0x40, 0xd0, 0xff],
    random,
  );
  return data;
});

const changeCodes = ofSegment(
  ({ marker }) => marker === undefined,
  (data, random) => pick(BYTE_MUTATORS, random)(data, random),
);

const constantCodes = ofSegment(
  ({ marker }) => marker === undefined,
  (_, random) =>
    new Uint8Array(pick([10, 1000, 2 ** 20, 2 ** 22], random)).fill(
      pick([0, 0x3f, 0x55, 0xaa, 0xfe], random),
    ),
);

const renameSegment = ofSegments((segments, random) => {
  const chosen = random.integer(Math.max(1, segments.length));
  return segments.map((segment, at) =>
    at === chosen && segment.marker !== undefined ? { ...segment, marker: pick(MARKERS, random) } : segment,
  );
});

const reorder = ofSegments((segments, random) => {
  const copy = [...segments];
  const [segment] = copy.splice(random.integer(Math.max(1, copy.length)), 1);
  const kind = random.integer(4);
  const count = kind === 3 ? 1 + random.integer(200) : kind;
  if (segment) copy.splice(random.integer(copy.length + 1), 0, ...new Array<Segment>(count).fill(segment));
  return copy;
});

const insertSegment = ofSegments((segments, random) => {
  const data = Uint8Array.from({ length: random.integer(40) }, () => random.integer(256));
  const bodies = [
    data,
    join(latin1('Exif\0\0'), data),
    join(latin1('Adobe'), data),
    join(latin1('ICC_PROFILE\0'), data),
    bigEndian(random.integer(4), 2),
  ];
  const segment = { marker: pick(MARKERS, random), data: pick(bodies, random) };
  const at = random.integer(segments.length + 1);
  return [...segments.slice(0, at), segment, ...segments.slice(at)];
});

const MUTATORS: readonly Mutator[] = [
  changeSize,
  changeFrame,
  changeTable,
  changeScan,
  changeCodes,
  constantCodes,
  renameSegment,
  reorder,
  insertSegment,
];

/** One block with a restart marker behind each unit. */
function restarted(units: number): Uint8Array {
  const table = (kind: number) => jpegSegment(0xc4, [kind, 1, ...new Array<number>(15).fill(0), 0]);
  const codes = Array.from({ length: units }, (_, at) =>
    at === 0 ? [0x3f] : [0xff, 0xd0 + ((at - 1) & 7), 0x3f],
  ).flat();
  return join(
    [0xff, 0xd8],
    jpegSegment(0xdb, [0, ...new Array<number>(64).fill(8)]),
    jpegSegment(0xc0, [8, 0, 8, ...bigEndian(8 * units, 2), 1, 1, 0x11, 0]),
    ...[table(0), table(0x10), jpegSegment(0xdd, [0, 1]), jpegSegment(SOS, [1, 1, 0, 0, 63, 0])],
    codes,
    [0xff, 0xd9],
  );
}

const SEEDS = new URL('../seeds/', import.meta.url);
const INKS = new URL('../../../packages/image/src/__fixtures__/inks.jpg', import.meta.url);

/** Small pictures: grey, colour and inks, baseline and progressive, with restarts. */
export async function jpegSeeds(): Promise<Uint8Array[]> {
  const names = (await readdir(SEEDS)).filter((name) => name.endsWith('.jpg')).sort();
  const files = await Promise.all(
    [...names.map((name) => new URL(name, SEEDS)), INKS].map((file) => readFile(file)),
  );
  return [...files.map((file) => new Uint8Array(file)), restarted(9)];
}

export const format: FuzzFormat = {
  limits: PICTURE_LIMITS,
  makeCase: mutatingCases(jpegSeeds, MUTATORS, BYTE_MUTATORS),
  read: readPicture,
};
