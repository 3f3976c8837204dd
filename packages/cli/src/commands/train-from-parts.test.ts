import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseSafetensors } from '@crrg/checkpoints';
import { writeBundle } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs, toVocabularyText } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';
import { studyLines, writeFilms } from '../__fixtures__/training-studies.js';

let folder: string;
const inside = (...names: readonly string[]) => path.join(folder, ...names);
const SETTINGS = ['--epochs', '2', '--batch-size', '4', '--learning-rate', '0.001', '--probe-epochs', '3'];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-train-parts-'));
  await writeFilms(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg train rclip', () => {
  it('starts from two imported encoders, draws what they lack, and says so', async () => {
    const random = createRandom(8);
    const text = {
      vocabSize: 7,
      width: 8,
      numLayers: 1,
      numHeads: 2,
      ffnWidth: 12,
      numPositions: 16,
      maxLength: 12,
    };
    const whole = parseRclipConfig({
      imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] },
      textEncoder: text,
    });
    const weights = initializeParameters(rclipSpecs(whole), random);
    const writePart = (part: string, prefix: string, rclip: object, vocabulary?: readonly string[]) =>
      writeBundle(inside(part), {
        name: part,
        version: '1',
        config: { part, rclip },
        labels: [],
        thresholds: {},
        preprocessing: {},
        tokenizer: vocabulary ? { kind: 'word-piece', vocab: 'vocab.txt' } : null,
        licence: 'MIT',
        trainingData: 'none',
        source: 'test',
        modelCard: null,
        weights: new Map([...weights].filter(([name]) => name.startsWith(prefix))),
        attachments: vocabulary && {
          'vocab.txt': { role: 'tokenizer', bytes: new TextEncoder().encode(toVocabularyText(vocabulary)) },
        },
      });
    await writePart('image-encoder', 'imageEncoder.', { imageEncoder: whole.imageEncoder });
    const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'lungs', 'clear'];
    await writePart('bert', 'textEncoder.', { textEncoder: text }, vocabulary);
    const studies = inside('parts.jsonl');
    await writeFile(
      studies,
      studyLines()
        .map((line) => JSON.stringify(line))
        .join('\n'),
    );
    const start = (...parts: string[]) =>
      run(['train', 'rclip', studies, '--out', inside('parts'), '--threads', '1', ...SETTINGS, ...parts]);
    const encoders = ['--image-encoder', inside('image-encoder'), '--text-encoder', inside('bert')];

    for (const parts of [[], encoders.slice(0, 2), encoders.slice(2), [...encoders, '--model', 'tiny']]) {
      const refused = await start(...parts);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(
        'expected --model, or --image-encoder and --text-encoder, to start from',
      );
    }
    const swapped = await start('--image-encoder', inside('bert'), '--text-encoder', inside('image-encoder'));
    expect(swapped.stderr).toContain('expected the part image-encoder, got bert, which is the part bert;');

    const { code, stderr } = await start(...encoders);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^crrg: note: not in the encoders, drawn with seed 1234: imageProjection.linear.weight, imageProjection.linear.bias, textProjection/,
    );
    const trained = parseSafetensors(await readFile(inside('parts', 'model', 'weights.safetensors')));
    expect(trained.size).toBe(Object.keys(rclipSpecs(whole)).length + 2);
    const table = [...weights.get('textEncoder.typeTable.weight')!.data];
    const moved = [...trained.get('textEncoder.typeTable.weight')!.data].map((value, index) =>
      Math.abs(value - table[index]!),
    );
    expect(Math.max(...moved)).toBeLessThan(0.05);
    expect(await readFile(inside('parts', 'model', 'MODEL_CARD.md'), 'utf8')).toContain(
      'started from | image-encoder+bert 1+1',
    );
  });
});
