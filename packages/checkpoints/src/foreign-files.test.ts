import { CheckpointError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { buildZip } from './__fixtures__/build-zip.js';
import { detectContainer, openCheckpoint } from './open.js';
import { bytesSource } from './random-access.js';

/** A file that begins with texts and bytes, filled up with other bytes. */
function file(...parts: readonly (string | readonly number[])[]): Uint8Array {
  const bytes = parts.flatMap((part) =>
    typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : [...part],
  );
  return Uint8Array.from([...bytes, ...Array.from({ length: 600 }, (_, index) => 128 + (index % 100))]);
}

const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1520013706\n';
const UNPACK = 'unpack it and give the weights file inside.';
const CONVERT =
  'only weights of PyTorch are read: save them as safetensors, or the state_dict with torch.save.';

describe('a file that is no checkpoint', () => {
  it.each([
    ['a Git LFS pointer; run git lfs pull', new TextEncoder().encode(LFS)],
    ['a web page; the download was answered by a page', file('<!DOCTYPE html><html>Google Drive')],
    ['a web page; the download was answered by a page', file('\u00ef\u00bb\u00bf \r\n<HTML lang="en">')],
    ['an XML text; it may be the error message of a server', file('<?xml version="1.0"?><Error>')],
    [
      'the index of a checkpoint in shards; give the folder that holds it and the shards.',
      file('{\n  "metadata": {"total_size": 1},\n  "weight_map": {"a": "model-00001-of-00002.safetensors"}}'),
    ],
    ['a JSON text; fetch the weights file itself.', file('{"model_type": "gpt2"}')],
    ['a JSON text; fetch the weights file itself.', file('{"abc": {"b": 1}}')],
    ['a JSON text; fetch the weights file itself.', file('[1, 2]')],
    ["the list of a TensorFlow folder's checkpoints;", file('model_checkpoint_path: "model.ckpt-1"')],
    [`a gzip file; ${UNPACK}`, file([0x1f, 0x8b, 8, 0])],
    [`a bzip2 file; ${UNPACK}`, file('BZh91AY')],
    [`an xz file; ${UNPACK}`, file([0xfd], '7zXZ', [0])],
    [`a Zstandard file; ${UNPACK}`, file([0x28, 0xb5, 0x2f, 0xfd])],
    [`a 7-Zip archive; ${UNPACK}`, file('7z', [0xbc, 0xaf, 0x27, 0x1c])],
    [`a RAR archive; ${UNPACK}`, file('Rar!')],
    [`a tar archive; ${UNPACK}`, file(new Array<number>(257).fill(65), 'ustar')],
    [`an HDF5 file (Keras); ${CONVERT}`, file([0x89], 'HDF\r\n', [0x1a], '\n')],
    [`a NumPy array; ${CONVERT}`, file([0x93], 'NUMPY')],
    [`a GGUF file; ${CONVERT}`, file('GGUF')],
    [`a TensorFlow Lite model; ${CONVERT}`, file([0x1c, 0, 0, 0], 'TFL3')],
    [`a TensorFlow SavedModel; ${CONVERT}`, file([0x08, 0x01, 0x12, 0xf0])],
    [`an ONNX model; ${CONVERT}`, file([0x08, 0x08, 0x12, 0x07], 'pytorch')],
    [
      `an index of a TensorFlow checkpoint; ${CONVERT}`,
      Uint8Array.of(...file([0, 0, 6]), 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb),
    ],
    ['a Python pickle that torch.save did not write; save the state_dict', file([0x80, 4, 0x95])],
    [`a msgpack file (Flax); ${CONVERT}`, file([0x81, 0xa6], 'params')],
    ['a picture;', file([0x89], 'PNG')],
    ['a picture;', file([0xff, 0xd8, 0xff, 0xe0])],
    ['a picture;', file(new Array<number>(128).fill(0), 'DICM')],
    ['a PDF;', file('%PDF-1.4')],
    ['an empty file; the download failed: fetch it again.', new Uint8Array()],
    ['a file of zeros; the download was cut: fetch it again.', new Uint8Array(2000)],
    ['a text; give the weights file itself.', new TextEncoder().encode('#version: 0.2\nt h\n')],
    ['something else; give the weights file itself.', file([200, 1, 2])],
  ])('is called %s', async (words, bytes) => {
    const opened = openCheckpoint(bytesSource(bytes));
    await expect(opened).rejects.toBeInstanceOf(CheckpointError);
    await expect(opened).rejects.toThrow(
      `checkpoints.open: expected a safetensors file or a file saved by torch, got ${words}`,
    );
  });

  it('is not seen in safetensors whose header length looks like the start of another kind', () => {
    const withLength = (...length: number[]) =>
      Uint8Array.from([...length, 0, 0, 0, 0, 0, 0].slice(0, 8).concat([0x7b]));
    for (const length of [
      [0x08, 0x01, 0x12, 0],
      [0x1f, 0x8b, 0, 0],
      [0x7b, 0, 0, 0],
      [0x80, 2, 0, 0],
      [0x81, 0xa6, 0, 0],
    ])
      expect(detectContainer(withLength(...length))).toBe('safetensors');
  });
});

describe('a zip archive that torch.save did not write', () => {
  const archive = (...names: string[]) =>
    openCheckpoint(buildZip(names.map((name) => ({ name, bytes: Uint8Array.of(1, 2) }))));

  it.each([
    [
      ['t/data.pkl', 't/code/__torch__.py', 't/constants.pkl'],
      'got a TorchScript program; load it with torch.jit.load',
    ],
    [['t/data.pkl', 't/code/__torch__.py'], 'a TorchScript program'],
    [['code/__torch__.py', 'data.pkl'], 'a TorchScript program'],
    [['m/archive_format', 'm/models/model.json'], 'got an exported program (torch.export); in Python, save'],
    [['config.json', 'metadata.json', 'model.weights.h5'], `got a Keras model; ${CONVERT}`],
    [['a.npy', 'b.npy'], `got an archive of NumPy arrays (.npz); ${CONVERT}`],
    [['weights/', 'weights/resnet.pth'], `got a zip archive of "weights/resnet.pth"; ${UNPACK}`],
    [['a.pth', 'b.txt', 'c.npy'], `got a zip archive of "a.pth" and 2 more; ${UNPACK}`],
    [['empty/'], `got a zip archive of nothing; ${UNPACK}`],
  ])('%j is named', async (names, words) => {
    await expect(archive(...names)).rejects.toThrow(words);
  });

  it('is named although its files are compressed', async () => {
    const source = buildZip([
      { name: 'resnet-plain.pth', bytes: Uint8Array.of(1, 2, 3), method: 8, unpackedSize: 99 },
    ]);
    await expect(openCheckpoint(source)).rejects.toThrow(
      `got a zip archive of "resnet-plain.pth"; ${UNPACK}`,
    );
  });
});
