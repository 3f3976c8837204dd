import { CheckpointError } from '@crrg/core';

/** A kind of file that people give instead of weights. */
interface ForeignKind {
  /** With an article: `a gzip file`. */
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
  readonly test: (file: FileEnds) => boolean;
}

/** The first and the last bytes of a file, and the first ones as text. */
interface FileEnds {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** One character a byte, without leading white space or byte order mark. */
  readonly text: string;
}

const UNPACK = 'unpack it and give the weights file inside';
const CONVERT =
  'only weights of PyTorch are read: save them as safetensors, or the state_dict with torch.save';
const FETCH = 'fetch the weights file itself';

const startsWith =
  (...bytes: readonly number[]) =>
  ({ head }: FileEnds) =>
    bytes.every((byte, index) => head[index] === byte);
const hasText =
  (expected: string, at = 0) =>
  ({ head }: FileEnds) =>
    latin1(head.subarray(at, at + expected.length)) === expected;
const looksLike =
  (pattern: RegExp) =>
  ({ text }: FileEnds) =>
    pattern.test(text);

/** Last bytes of a table of LevelDB, which TensorFlow's `.index` files are. */
const TABLE_END = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

/** The first that fits counts. */
const KINDS: readonly ForeignKind[] = [
  {
    what: 'a Git LFS pointer',
    advice: 'run git lfs pull, or download the file that it stands for',
    test: looksLike(/^version https:\/\/git-lfs/),
  },
  {
    what: 'a web page',
    advice:
      'the download was answered by a page (a confirmation, a login or an error): open the address in a browser and save the file itself',
    test: looksLike(/^(<!doctype html|<html|<head|<script)/i),
  },
  {
    what: 'an XML text',
    advice: `it may be the error message of a server: ${FETCH}`,
    test: looksLike(/^<\?xml/i),
  },
  {
    what: 'the index of a checkpoint in shards',
    advice: 'give the folder that holds it and the shards',
    test: looksLike(/^\{\s*"[^]*"weight_map"/),
  },
  { what: 'a JSON text', advice: FETCH, test: looksLike(/^(\{\s*["}]|\[\s*["{[\]\d])/) },
  {
    what: "the list of a TensorFlow folder's checkpoints",
    advice: CONVERT,
    test: looksLike(/^model_checkpoint_path:/),
  },
  { what: 'a gzip file', advice: UNPACK, test: startsWith(0x1f, 0x8b) },
  { what: 'a bzip2 file', advice: UNPACK, test: hasText('BZh') },
  { what: 'an xz file', advice: UNPACK, test: startsWith(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0) },
  { what: 'a Zstandard file', advice: UNPACK, test: startsWith(0x28, 0xb5, 0x2f, 0xfd) },
  { what: 'a 7-Zip archive', advice: UNPACK, test: startsWith(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c) },
  { what: 'a RAR archive', advice: UNPACK, test: hasText('Rar!') },
  { what: 'a tar archive', advice: UNPACK, test: hasText('ustar', 257) },
  {
    what: 'an HDF5 file (Keras)',
    advice: CONVERT,
    test: startsWith(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
  },
  { what: 'a NumPy array', advice: CONVERT, test: startsWith(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  { what: 'a GGUF file', advice: CONVERT, test: hasText('GGUF') },
  { what: 'a TensorFlow Lite model', advice: CONVERT, test: hasText('TFL3', 4) },
  { what: 'a TensorFlow SavedModel', advice: CONVERT, test: startsWith(0x08, 0x01, 0x12) },
  {
    what: 'an ONNX model',
    advice: CONVERT,
    test: ({ head }) => head[0] === 0x08 && head[1]! <= 20 && [0x12, 0x3a, 0x42].includes(head[2]!),
  },
  {
    what: 'an index of a TensorFlow checkpoint',
    advice: CONVERT,
    test: ({ tail }) =>
      tail.length >= 8 && TABLE_END.every((byte, at) => tail[tail.length - 8 + at] === byte),
  },
  {
    what: 'a Python pickle that torch.save did not write',
    advice: 'save the state_dict with torch.save',
    test: ({ head }) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
  },
  {
    what: 'a msgpack file (Flax)',
    advice: CONVERT,
    test: ({ head }) => head[0]! > 0x80 && head[0]! < 0x90 && head[1]! >= 0xa0 && head[1]! < 0xc0,
  },
  {
    what: 'a picture',
    advice: FETCH,
    test: (file) =>
      startsWith(0x89, 0x50, 0x4e, 0x47)(file) ||
      startsWith(0xff, 0xd8, 0xff)(file) ||
      hasText('DICM', 128)(file),
  },
  { what: 'a PDF', advice: FETCH, test: hasText('%PDF') },
];

/** What a file is that is no weights file; undefined where it is not known either. */
function foreignKind(head: Uint8Array, tail: Uint8Array): ForeignKind | undefined {
  const text = latin1(head).replace(/^(\u00ef\u00bb\u00bf)?\s*/, '');
  return KINDS.find(({ test }) => test({ head, tail, text }));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function refuse(what: string, advice: string): CheckpointError {
  return new CheckpointError(
    `checkpoints.open: expected a safetensors file or a file saved by torch, got ${what}; ${advice}.`,
  );
}

/**
 * Says what a file is instead of weights, from its first and last bytes; returns where it is of no such known kind.
 * @throws {CheckpointError}
 */
export function refuseForeign(head: Uint8Array, tail: Uint8Array): void {
  if (head.length === 0) throw refuse('an empty file', 'the download failed: fetch it again');
  const kind = foreignKind(head, tail);
  if (kind) throw refuse(kind.what, kind.advice);
}

/** The refusal of a file of which nothing is known. */
export function refuseUnknown(head: Uint8Array): CheckpointError {
  if (head.every((byte) => byte === 0))
    return refuse('a file of zeros', 'the download was cut: fetch it again');
  const isText = head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return refuse(isText ? 'a text' : 'something else', 'give the weights file itself');
}

const STATE_DICT = 'in Python, save the weights alone: torch.save(model.state_dict(), "weights.pt")';

/** Zip archives that are not of `torch.save`, by the names inside; the first that fits counts. */
const ARCHIVES: readonly (readonly [
  what: string,
  advice: string,
  test: (names: readonly string[]) => boolean,
])[] = [
  [
    'a TorchScript program',
    `load it with torch.jit.load and ${STATE_DICT}`,
    (names) => names.some((name) => /^([^/]+\/)?(constants\.pkl$|code\/)/.test(name)),
  ],
  [
    'an exported program (torch.export)',
    STATE_DICT,
    (names) => names.some((name) => /(^|\/)(archive_format|serialized_exported_program\.json)$/.test(name)),
  ],
  ['a Keras model', CONVERT, (names) => names.some((name) => name === 'model.weights.h5')],
  [
    'an archive of NumPy arrays (.npz)',
    CONVERT,
    (names) => names.length > 0 && names.every((name) => name.endsWith('.npy')),
  ],
];

/**
 * Says what a zip archive is that `torch.save` did not write; returns where it did.
 * @throws {CheckpointError}
 */
export function refuseForeignArchive(names: readonly string[]): void {
  const archive = ARCHIVES.find(([, , test]) => test(names));
  if (archive) throw refuse(archive[0], archive[1]);
  if (names.some((name) => name === 'data.pkl' || name.endsWith('/data.pkl'))) return;
  const files = names.filter((name) => !name.endsWith('/'));
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  throw refuse(
    `a zip archive of ${files[0] === undefined ? 'nothing' : JSON.stringify(files[0])}${more}`,
    UNPACK,
  );
}
