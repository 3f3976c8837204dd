import type { Random } from '@crrg/core';
import { join, joinAll, latin1, littleEndian, splice, utf8, viewOf } from '../bytes.js';
import { mutate, mutatingCases, pick, type FuzzFormat, type Mutator } from '../format.js';
import { BYTE_MUTATORS, EDGES } from '../mutate-bytes.js';
import { CHECKPOINT_LIMITS, readCheckpoint } from '../read-checkpoint.js';
import { torchFixture, zipMembers } from '../torch-files.js';
import { zipFile, type ZipMember } from '../zip-file.js';

/** How the argument of an opcode is written: bytes, lines, or a length of so many bytes before it. */
type Argument = { readonly bytes: number } | { readonly lines: number } | { readonly counted: 1 | 4 | 8 };

const ARGUMENTS: Readonly<Record<string, Argument>> = {
  ...Object.fromEntries([...'Khq'].map((code) => [code, { bytes: 1 }])),
  M: { bytes: 2 },
  ...Object.fromEntries([...'Jjr'].map((code) => [code, { bytes: 4 }])),
  G: { bytes: 8 },
  c: { lines: 2 },
  '\x80': { bytes: 1 },
  '\x95': { bytes: 8 },
  ...Object.fromEntries([...'UC\x8a\x8c'].map((code) => [code, { counted: 1 }])),
  ...Object.fromEntries([...'TXB\x8b'].map((code) => [code, { counted: 4 }])),
  ...Object.fromEntries([...'\x8d\x8e\x96'].map((code) => [code, { counted: 8 }])),
} as const;

/** Every opcode that data may have, a few that they may not. */
const CODES = [
  ...'(01N\x88\x89JKMG\x8a\x8b\x8cX\x8dUTCB\x8e\x96}])\x8ft\x91\x85\x86\x87ae\x90su qr\x94hjc\x93Rb\x81\x92Q.\x80\x952ioPS\x97',
];
const GLOBALS = [
  'os\nsystem\n',
  'builtins\neval\n',
  'builtins\nset\n',
  'collections\nOrderedDict\n',
  'collections\ndefaultdict\n',
  'torch._utils\n_rebuild_tensor_v2\n',
  'torch._utils\n_rebuild_parameter\n',
  'torch._tensor\n_rebuild_from_type_v2\n',
  'torch\nFloatStorage\n',
  'torch\nSize\n',
  'torch\n__proto__\n',
  'my.config\nA\n',
  'omegaconf.dictconfig\nDictConfig\n',
  'numpy.core.multiarray\nscalar\n',
  '\n\n',
  'a..b\nc\n',
];

function lengthOf(bytes: Uint8Array, at: number): number {
  const argument = ARGUMENTS[String.fromCharCode(bytes[at]!)];
  if (!argument) return 1;
  if ('bytes' in argument) return 1 + argument.bytes;
  if ('lines' in argument) {
    const first = bytes.indexOf(10, at);
    const second = first < 0 ? -1 : bytes.indexOf(10, first + 1);
    return second < 0 ? 1 : second + 1 - at;
  }
  const width = argument.counted;
  if (at + 1 + width > bytes.length) return 1;
  const view = viewOf(bytes);
  return 1 + width + (width === 1 ? view.getUint8(at + 1) : view.getUint32(at + 1, true));
}

function instructions(bytes: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + lengthOf(bytes, at));
    all.push(bytes.subarray(at, end));
    at = end;
  }
  return all;
}

const ofInstructions =
  (change: (all: Uint8Array[], random: Random) => readonly Uint8Array[]): Mutator =>
  (bytes, random) =>
    joinAll(change(instructions(bytes), random));

const counted = (code: string, width: 2 | 4 | 8, length: number, body: Uint8Array) =>
  join(latin1(code), littleEndian(length, width), body);

/** An instruction with an argument that is right, extreme or a lie. */
function instruction(random: Random): Uint8Array {
  const code = pick(CODES, random);
  const argument = ARGUMENTS[code];
  if (!argument) return latin1(code);
  if ('lines' in argument) return latin1(code + pick(GLOBALS, random));
  if ('bytes' in argument) {
    const value = random.next() < 0.5 ? random.integer(40) : pick(EDGES, random);
    return join(latin1(code), littleEndian(value, 8).subarray(0, argument.bytes));
  }
  const body = utf8('x'.repeat(pick([0, 1, 10, 255, 100_000], random)));
  const stated = random.next() < 0.7 ? body.length : pick(EDGES, random);
  return argument.counted === 1
    ? join(latin1(code), [Math.min(255, stated)], body.subarray(0, 255))
    : counted(code, argument.counted, stated, body);
}

const somewhere = (all: readonly Uint8Array[], random: Random) => random.integer(Math.max(1, all.length));

const insertInstruction = ofInstructions((all, random) => {
  const count = random.next() < 0.7 ? 1 : 1 + random.integer(20);
  return all.toSpliced(
    somewhere(all, random),
    random.integer(2),
    ...Array.from({ length: count }, () => instruction(random)),
  );
});

const moveInstructions = ofInstructions((all, random) => {
  const moved = all.splice(somewhere(all, random), 1 + random.integer(20));
  const kind = random.integer(3);
  const inserted = kind === 0 ? [] : kind === 1 ? moved : [...moved, ...moved];
  return all.toSpliced(somewhere(all, random), 0, ...inserted);
});

/** Ids of the memo, so that values refer to others, or to themselves. */
const changeMemo = ofInstructions((all, random) => {
  const places = [...all.keys()].filter((at) => 'hjqr\x94'.includes(String.fromCharCode(all[at]![0]!)));
  if (places.length === 0) return all;
  const id = random.integer(60);
  return all.with(
    pick(places, random),
    pick(
      [
        latin1(`h${String.fromCharCode(id)}`),
        latin1(`q${String.fromCharCode(id)}`),
        join(latin1('r'), littleEndian(pick(EDGES, random), 4)),
        join(latin1('j'), littleEndian(id, 4)),
      ],
      random,
    ),
  );
});

/** A number of a shape, stride, offset or count. */
const changeNumber = ofInstructions((all, random) => {
  const places = [...all.keys()].filter((at) => 'KMJ\x8aG'.includes(String.fromCharCode(all[at]![0]!)));
  if (places.length === 0) return all;
  const long = Uint8Array.from({ length: pick([0, 1, 8, 9, 255], random) }, () =>
    pick([0, 0x7f, 0x80, 0xff], random),
  );
  const numbers = [
    join(latin1('J'), littleEndian(pick(EDGES, random), 4)),
    join(latin1('\x8a'), [long.length], long),
    join(
      latin1('G'),
      Uint8Array.from({ length: 8 }, () => random.integer(256)),
    ),
    latin1('N'),
    latin1('\x88'),
    latin1('K\x00'),
    latin1('X\x01\x00\x00\x00a'),
  ];
  return all.with(pick(places, random), pick(numbers, random));
});

/** Containers in each other, or many values, before the end or at the start. */
const nest: Mutator = (bytes, random) => {
  const levels = pick([10, 255, 256, 300, 10_000, 1_000_000], random);
  const text = pick(
    [
      () => ']'.repeat(levels) + 'a'.repeat(levels - 1),
      () => `)${'\x85'.repeat(levels)}`,
      () => '('.repeat(levels),
      () => ']q\xffh\xffa',
      () => `]${'2a'.repeat(Math.min(levels, 10_000))}`,
      () => 'N'.repeat(levels),
      () => `}${'NNs'.repeat(Math.min(levels, 10_000))}`,
      () => ']2\x86'.concat('2\x86'.repeat(Math.min(levels, 100))),
      () => 'cmy.config\nA\n)\x81'.repeat(Math.min(levels, 300)) + 'b'.repeat(Math.min(levels, 300) - 1),
    ],
    random,
  )();
  return splice(bytes, pick([0, 2, bytes.length - 1, random.integer(bytes.length)], random), 0, latin1(text));
};

const MUTATORS: readonly Mutator[] = [
  insertInstruction,
  insertInstruction,
  moveInstructions,
  moveInstructions,
  changeMemo,
  changeNumber,
  changeNumber,
  nest,
];

const STEM = 'odd_tensors';
let members: Promise<readonly ZipMember[]> | undefined;
const isPickle = ({ name }: ZipMember) => name.endsWith('data.pkl');

async function pickles(): Promise<Uint8Array[]> {
  const files = await Promise.all(
    [
      'good/odd_tensors.pt',
      'good/odd_tensors_protocol4.pt',
      'hostile/laughs.pt',
      'hostile/exec_build_setstate.pt',
    ].map(torchFixture),
  );
  return files.flatMap((file) =>
    zipMembers(file)
      .filter(isPickle)
      .map(({ bytes }) => bytes),
  );
}

/** The pickle in an archive with the storages that it is about. */
async function inZip(pickle: Uint8Array): Promise<Uint8Array> {
  const all = await (members ??= torchFixture('good/odd_tensors.pt').then(zipMembers));
  return zipFile([
    { name: `${STEM}/data.pkl`, bytes: pickle },
    ...all
      .filter((member) => !isPickle(member))
      .map(({ name, bytes }) => ({ name: `${STEM}/${name.slice(name.indexOf('/') + 1)}`, bytes })),
  ]);
}

const pickleCase = mutatingCases(pickles, MUTATORS, BYTE_MUTATORS);

export const format: FuzzFormat = {
  limits: CHECKPOINT_LIMITS,
  makeCase: async (random) => {
    if (random.next() < 0.75) return inZip(await pickleCase(random));
    const legacy = await torchFixture('good/odd_tensors_legacy.pt');
    return random.next() < 0.5 ? mutate(legacy, MUTATORS, random) : mutate(legacy, BYTE_MUTATORS, random);
  },
  read: readCheckpoint,
};
