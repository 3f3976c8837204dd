import { CheckpointError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { formatManifest, isSafePath, parseManifest, type BundleManifest } from './manifest.js';

const MANIFEST: BundleManifest = {
  schema: 'crrg/bundle/1',
  name: 'tiny',
  version: '1.0.0',
  config: { detector: { imageSize: 128 } },
  files: [
    { path: 'weights.safetensors', role: 'weights', size: 10, sha256: 'ab'.repeat(32) },
    { path: 'card.md', role: 'document', size: 3, sha256: 'cd'.repeat(32) },
  ],
  preprocessing: { mean: 0.4 },
  labels: ['left lung'],
  thresholds: { selection: -1 },
  tokenizer: null,
  licence: 'CC0-1.0',
  trainingData: 'none',
  source: 'a test',
  modelCard: 'card.md',
};

function problemsOf(change: object): string {
  try {
    parseManifest(JSON.stringify({ ...MANIFEST, ...change }));
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    return (error as Error).message;
  }
  return '';
}

describe('manifest', () => {
  it('is read as it was written', () => {
    expect(parseManifest(formatManifest(MANIFEST))).toEqual(MANIFEST);
  });

  it('drops fields that it does not know', () => {
    expect(parseManifest(JSON.stringify({ ...MANIFEST, more: 1 }))).toEqual(MANIFEST);
  });

  it('keeps what was assumed, and needs no such list', () => {
    const assumptions = ['labels', 'thresholds'];
    expect(parseManifest(formatManifest({ ...MANIFEST, assumptions })).assumptions).toEqual(assumptions);
    expect(parseManifest(formatManifest(MANIFEST)).assumptions).toBeUndefined();
    expect(problemsOf({ assumptions: 'labels' })).toContain('assumptions: expected a list of names');
    expect(problemsOf({ assumptions: [''] })).toContain('assumptions: expected a list of names');
  });

  it('names every bad field at once', () => {
    const text = problemsOf({ schema: 'crrg/bundle/9', labels: [1], thresholds: { a: 'x' }, licence: '' });
    for (const field of ['schema', 'labels', 'thresholds', 'licence'])
      expect(text).toContain(`${field}: expected`);
  });

  it('names bad fields of files', () => {
    const files = [{ path: '../x', role: 'program', size: -1, sha256: 'AB' }];
    const text = problemsOf({ files });
    for (const field of ['path', 'role', 'size', 'sha256'])
      expect(text).toContain(`files[0].${field}: expected`);
  });

  it('refuses two files that differ only in case, a card that is not there, and no weights', () => {
    const [weights] = MANIFEST.files;
    expect(problemsOf({ files: [weights, { ...weights, path: 'WEIGHTS.safetensors' }] })).toContain('twice');
    expect(problemsOf({ modelCard: 'other.md' })).toContain('modelCard: expected one of the files');
    expect(problemsOf({ files: [MANIFEST.files[1]] })).toContain('at least one with the role weights');
  });

  it('refuses what is not JSON', () => {
    expect(() => parseManifest('{')).toThrow('expected JSON');
    expect(() => parseManifest(Uint8Array.of(0xff))).toThrow('not UTF-8');
    expect(() => parseManifest('{"a":1,"a":2}')).toThrow('occurs twice');
    expect(() => parseManifest('null')).toThrow('expected an object');
  });

  it.each(['..', 'a/../b', '/a', 'a//b', 'a\\b', 'C:/a', '.hidden', 'a/.', 'a\0', 'a.', '', 'é'])(
    'holds the path %j for unsafe',
    (path) => {
      expect(isSafePath(path)).toBe(false);
    },
  );

  it.each(['a', 'a/b.c', 'weights-00001-of-00002.safetensors'])('holds the path %j for safe', (path) => {
    expect(isSafePath(path)).toBe(true);
  });
});
