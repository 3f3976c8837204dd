import type { Random } from '@crrg/core';
import { littleEndian, splice, viewOf } from '../bytes.js';
import { mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS, EDGES } from '../mutate-bytes.js';
import { CHECKPOINT_LIMITS, readCheckpoint } from '../read-checkpoint.js';
import { torchFixture, zipMembers } from '../torch-files.js';
import { zipFile, type ZipMember } from '../zip-file.js';

/** Fields of a record: place and width. */
type Fields = readonly (readonly [at: number, width: 2 | 4 | 8])[];

const RECORDS: readonly (readonly [signature: number, fields: Fields])[] = [
  [
    0x04034b50,
    [
      [4, 2],
      [6, 2],
      [8, 2],
      [14, 4],
      [18, 4],
      [22, 4],
      [26, 2],
      [28, 2],
    ],
  ],
  [
    0x02014b50,
    [
      [6, 2],
      [8, 2],
      [10, 2],
      [16, 4],
      [20, 4],
      [24, 4],
      [28, 2],
      [30, 2],
      [32, 2],
      [34, 2],
      [42, 4],
    ],
  ],
  [
    0x06054b50,
    [
      [4, 2],
      [6, 2],
      [8, 2],
      [10, 2],
      [12, 4],
      [16, 4],
      [20, 2],
    ],
  ],
  [
    0x06064b50,
    [
      [4, 8],
      [16, 4],
      [24, 8],
      [32, 8],
      [40, 8],
      [48, 8],
    ],
  ],
  [
    0x07064b50,
    [
      [4, 4],
      [8, 8],
      [16, 4],
    ],
  ],
];

function places(file: Uint8Array, signature: number): number[] {
  const view = viewOf(file);
  const found: number[] = [];
  for (let at = 0; at + 22 <= file.length; at++) if (view.getUint32(at, true) === signature) found.push(at);
  return found;
}

/** A value near the one that is there, or an extreme one. */
function otherValue(now: number, random: Random): number {
  const near = now + pick([-2, -1, 1, 2, 22, 46], random);
  return random.next() < 0.4 && near >= 0 ? near : pick(EDGES, random);
}

const changeField: Mutator = (file, random) => {
  const [signature, fields] = pick(RECORDS, random);
  const found = places(file, signature);
  if (found.length === 0) return file;
  const [offset, width] = pick(fields, random);
  const at = pick(found, random) + offset;
  if (at + width > file.length) return file;
  const view = viewOf(file);
  const now = width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  return splice(file, at, width, littleEndian(otherValue(now, random), width));
};

const NAMES = [
  '',
  '/',
  '..',
  '../data.pkl',
  'C:\\data.pkl',
  'data.pkl',
  'a/data.pkl',
  'a/byteorder',
  'a/data/0',
  'a\0b',
  '\ud800',
  'x'.repeat(60_000),
  'constants.pkl',
  'code/a.py',
  'a.npy',
];

/** Other names, twice the same file, many files, none. */
const rebuild: Mutator = (file, random) => {
  let members: ZipMember[] = zipMembers(file);
  const index = random.integer(Math.max(1, members.length));
  const one = members[index] ?? { name: 'a', bytes: new Uint8Array() };
  switch (random.integer(5)) {
    case 0:
      members = members.toSpliced(index, 1, { ...one, name: pick(NAMES, random) });
      break;
    case 1:
      members = members.toSpliced(index, 1);
      break;
    case 2:
      members = members.toSpliced(random.integer(members.length + 1), 0, one);
      break;
    case 3:
      members = [
        ...members,
        ...Array.from({ length: pick([1, 1000, 10_000], random) }, (_, at) => ({
          name: `a/${at}`,
          bytes: new Uint8Array(),
        })),
      ];
      break;
    default:
      members = members.toSpliced(index, 1, {
        ...one,
        bytes: pick(BYTE_MUTATORS, random)(one.bytes, random),
      });
  }
  return zipFile(members, { isZip64: random.next() < 0.3 });
};

const addComment: Mutator = (file, random) => {
  const [at] = places(file, 0x06054b50);
  const length = pick([1, 22, 1000, 65_535], random);
  const isStated = random.next() < 0.5 && at !== undefined && at + 22 <= file.length;
  const stated = isStated ? splice(file, at + 20, 2, littleEndian(length, 2)) : file;
  return splice(stated, stated.length, 0, new Uint8Array(length).fill(pick([0, 0x50], random)));
};

async function seeds(): Promise<Uint8Array[]> {
  const torch = await torchFixture('good/odd_tensors.pt');
  const hostile = ['zip_crc_mismatch', 'zip_overlap', 'zip_two_roots', 'big_endian'].map((name) =>
    torchFixture(`hostile/${name}.pt`),
  );
  const members = zipMembers(torch);
  return [torch, zipFile(members), zipFile(members, { isZip64: true }), ...(await Promise.all(hostile))];
}

export const format: FuzzFormat = {
  limits: CHECKPOINT_LIMITS,
  makeCase: mutatingCases(
    seeds,
    [changeField, changeField, changeField, changeField, rebuild, addComment],
    BYTE_MUTATORS,
  ),
  read: readCheckpoint,
};
