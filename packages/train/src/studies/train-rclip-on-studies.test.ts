import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRandom } from '@crrg/core';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import { loadClassifierModel, type RclipModel } from '@crrg/pipeline/node';
import { createWordPieceTokenizer, parseRclipConfig, rclipSpecs, trainWordPieces } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStudyFilms } from '../__fixtures__/study-films.js';
import type { TrainingStudy } from './read-studies.js';
import { trainRclipOnStudies } from './train-rclip-on-studies.js';
import type { StudyTrainingEvent } from './training-events.js';

let folder: string;
let studies: TrainingStudy[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-on-studies-'));
  studies = await writeStudyFilms(path.join(folder, 'films'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Both encoders of 32 pixels with random weights. */
function startModel(): RclipModel {
  const vocabulary = trainWordPieces(['The lungs are clear.', 'There is an opacity.'], { vocabSize: 70 });
  const config = parseRclipConfig({
    imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] },
    textEncoder: {
      vocabSize: vocabulary.length,
      width: 8,
      numLayers: 1,
      numHeads: 2,
      ffnWidth: 12,
      numPositions: 16,
      maxLength: 12,
    },
    embeddingDim: 6,
  });
  return {
    name: 'start',
    version: '3',
    sha256: '0'.repeat(64),
    config,
    preprocessing: { ...IMAGENET_PREPROCESSING, size: 32 },
    weights: initializeParameters(rclipSpecs(config), createRandom(2)),
    tokenizer: createWordPieceTokenizer(vocabulary),
  };
}

const SETTINGS = { epochs: 1, batchSize: 4, learningRate: 0.001, probeEpochs: 1, threads: 1 };

describe('training on studies from code', () => {
  it('takes studies and a model in memory, tells what it does, and gives a bundle that classifies', async () => {
    const events: StudyTrainingEvent[] = [];
    const { bundle, counts, probe } = await trainRclipOnStudies(studies, {
      ...SETTINGS,
      model: startModel(),
      out: path.join(folder, 'run'),
      onProgress: (event) => void events.push(event),
    });
    expect(counts).toEqual({ train: 8, valid: 4, withoutText: 0 });
    expect(probe!.films).toEqual({ train: 8, valid: 4 });
    const { config, name } = await loadClassifierModel(bundle);
    expect({ name, labels: config.probe!.labels }).toEqual({ name: 'run', labels: ['Pneumonia'] });
    expect(await readdir(path.join(folder, 'run'))).not.toContain('run.lock');

    const kinds = events.map((event) => (event.type === 'training' ? event.stage : event.type));
    const order = kinds.filter((kind, index) => kind !== kinds[index - 1]);
    expect(order.filter((kind) => kind !== 'film-doubts' && kind !== 'film-read')).toEqual([
      ...['start-model', 'films-end', 'texts-end', 'pre-training', 'film-encoded', 'probe'],
    ]);
    expect(events.filter(({ type }) => type === 'film-read').at(-1)).toMatchObject({ done: 12, total: 12 });
  });

  it('takes batches in micro-batches where asked to, says so in the card, and goes on with the same ones alone', async () => {
    const options = { ...SETTINGS, model: startModel(), out: path.join(folder, 'parts'), microBatchSize: 3 };
    const { bundle } = await trainRclipOnStudies(studies, options);
    expect(await readFile(path.join(bundle, 'MODEL_CARD.md'), 'utf8')).toContain(', micro-batches of 3 |');
    await expect(trainRclipOnStudies(studies, { ...options, microBatchSize: 2 })).rejects.toThrow(
      'expected microBatchSize 3 of the run in this folder, got microBatchSize 2',
    );
    await expect(trainRclipOnStudies(studies, { ...options, microBatchSize: 0 })).rejects.toThrow(
      'expected a whole number from 1 for `microBatchSize`, got 0',
    );
  });

  it('leaves studies of the split test out, their films unread, and says how many', async () => {
    const events: StudyTrainingEvent[] = [];
    const held = { ...studies[0]!, id: 'held', split: 'test', images: ['absent.png'] } as const;
    const stop = new AbortController();
    const training = trainRclipOnStudies([...studies, held], {
      ...SETTINGS,
      model: startModel(),
      out: path.join(folder, 'held'),
      signal: stop.signal,
      onProgress: (event) => {
        events.push(event);
        if (event.type === 'films-end') stop.abort(new Error('read'));
      },
    });
    await expect(training).rejects.toThrow('read');
    expect(events).toContainEqual({ type: 'films-end', total: 12 });
    expect(events[0]).toEqual({ type: 'test-studies', count: 1, total: 13 });
  });

  it('checks studies that were made in code, and what it starts from', async () => {
    const options = { ...SETTINGS, model: startModel(), out: path.join(folder, 'refused') };
    const twice = studies.map((study) => ({ ...study, id: 's1' }));
    await expect(trainRclipOnStudies(twice, options)).rejects.toMatchObject({
      problems: expect.arrayContaining([
        { subject: 'study 2', message: expect.stringContaining('an id of its own') as string },
      ]) as unknown,
    });
    const { model: _, ...nothing } = options;
    await expect(trainRclipOnStudies(studies, nothing)).rejects.toThrow(
      'expected `model`, or `imageEncoder` and `textEncoder`, to start from',
    );
    await expect(readdir(options.out)).rejects.toThrow('ENOENT');
  });
});
