import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { initializeParameters, type Backend, type HostTensor } from '@crrg/tensor';
import type { TrainEvent } from '@crrg/train-loop';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm, noteReads } from '../__fixtures__/micro-training.js';
import { rrgSpecs } from '@crrg/pipeline';
import type { RrgSample } from './rrg-batch.js';
import type { RrgStage } from './rrg-losses.js';
import { RRG_PRESETS, type RrgStageSettings } from './rrg-presets.js';
import { trainRrg, type RrgTrainOptions } from './train-rrg.js';

const config = microConfig();
const films = [0, 2, 4, 6].map(microFilm);
const STAGES: readonly RrgStage[] = ['detector', 'classifiers', 'full'];
const settings: RrgStageSettings = {
  seed: 41,
  epochs: 1,
  batchSize: 2,
  accumulate: 1,
  learningRate: 1e-3,
  factor: 0.5,
  patience: 5,
  cooldown: 5,
};

let backend: Backend;
let weights: Map<string, HostTensor>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  weights = initializeParameters(rrgSpecs(config), createRandom(1));
});
afterAll(() => backend.dispose());

/** What a run did, from what it reported. */
async function observe(
  stage: RrgStage,
  more: Partial<RrgStageSettings>,
  options: Partial<RrgTrainOptions> = {},
) {
  const events: TrainEvent[] = [];
  const result = await trainRrg({
    backend,
    config,
    stage,
    weights,
    train: films,
    valid: films.slice(0, 1),
    settings: { ...settings, ...more },
    onProgress: (event) => events.push(event),
    ...options,
  });
  const batches = events.flatMap((event) => (event.type === 'batch-end' ? [event] : []));
  const evaluations = events.flatMap((event) => (event.type === 'evaluation-end' ? [event] : []));
  return { result, batches, evaluations, first: batches[0]!.metrics };
}

describe('every value of a preset arrives', () => {
  const cases = Object.entries(RRG_PRESETS).flatMap(([name, { stages }]) =>
    STAGES.map((stage) => [name, stage, stages[stage]] as const),
  );
  it.each(cases)('%s, %s: no field of the settings is passed over', async (_, stage, preset) => {
    const { record, read } = noteReads({ ...preset, epochs: 1, batchSize: 2, accumulate: 1 });
    await trainRrg({ backend, config, stage, weights, train: films, valid: films, settings: record });
    expect([...read].filter((field) => field in preset).sort()).toEqual(Object.keys(preset).sort());
  });

  it('nothing stands beside the stages but what is no setting of trainRrg', () => {
    for (const preset of Object.values(RRG_PRESETS)) {
      const { name: _, source: __, shares, numClasses, maxSentenceTokens, ...rest } = preset;
      expect(Object.keys(rest)).toEqual(['stages']);
      expect(Object.keys(shares)).toEqual(STAGES);
      expect([numClasses - 1, maxSentenceTokens > 0]).toEqual([config.detector.numRegions, true]);
      expect(Object.keys(preset.stages)).toEqual(STAGES);
    }
  });

  it('epochs, batch size, accumulation and the rate decide batches, updates and their rate', async () => {
    const { result, batches } = await observe('detector', { epochs: 3 });
    expect([result.epochs, batches.length, result.steps]).toEqual([3, 6, 6]);
    expect((await observe('detector', { batchSize: 4 })).batches).toHaveLength(1);
    const accumulated = await observe('detector', { accumulate: 2, learningRate: 2e-3 });
    expect([accumulated.batches.length, accumulated.result.steps]).toEqual([2, 1]);
    expect(accumulated.batches[0]!.learningRate).toBe(2e-3);
  });

  it('evaluateEvery decides after which batches is evaluated', async () => {
    const { evaluations } = await observe('detector', { batchSize: 1, evaluateEvery: 3 });
    expect(evaluations.map(({ position }) => position.batch)).toEqual([3, 4]);
  });

  it('factor, patience and cooldown decide when the rate falls, and how far', async () => {
    // An image of NaN makes the validation loss NaN, which is no improvement.
    const blind = async (more: Partial<RrgStageSettings>) => {
      const film: RrgSample = await films[0]!(createRandom(1));
      const valid = [() => ({ ...film, image: film.image.map(() => NaN) })];
      const { batches } = await observe('detector', { batchSize: 4, epochs: 7, ...more }, { valid });
      return batches.map(({ learningRate }) => learningRate);
    };
    expect(await blind({ factor: 0.5, patience: 0, cooldown: 0 })).toEqual([
      1e-3, 5e-4, 2.5e-4, 1.25e-4, 6.25e-5, 3.125e-5, 1.5625e-5,
    ]);
    expect(await blind({ factor: 0.1, patience: 1, cooldown: 2 })).toEqual([
      1e-3, 1e-3, 1e-4, 1e-4, 1e-4, 1e-4, 1e-5,
    ]);
  });

  it('the weights of positives decide the classifiers losses, and are in the configuration given back', async () => {
    for (const [field, part] of [
      ['selectionPosWeight', 'selection'],
      ['abnormalityPosWeight', 'abnormality'],
    ] as const) {
      const seen = [];
      for (const weight of [1, 2, 3]) {
        const { first, result } = await observe('classifiers', { [field]: weight });
        expect(result.config.regionSelector[field]).toBe(weight);
        seen.push(first);
      }
      // The loss is (weight x positives + negatives) / count: it grows in a line, and the other one not at all.
      const [one, two, three] = seen.map((metrics) => metrics[part]!);
      expect(two! - one!).toBeGreaterThan(1e-3);
      expect(three! - two!).toBeCloseTo(two! - one!, 5);
      const other = part === 'selection' ? 'abnormality' : 'selection';
      expect(new Set(seen.map((metrics) => metrics[other])).size).toBe(1);
    }
    const { result } = await observe('classifiers', {});
    expect(result.config).toEqual(config);
  });

  it('dropout and seed decide what is drawn; a seed of the call goes before that of the settings', async () => {
    const text = async (more: Partial<RrgStageSettings>, options?: Partial<RrgTrainOptions>) =>
      (await observe('full', more, options)).batches.map(({ metrics }) => metrics['languageModel']);
    const plain = await text({});
    expect(await text({ dropout: 0 })).toEqual(plain);
    expect(await text({ dropout: 0.3 })).not.toEqual(plain);
    expect(await text({ seed: 5 })).not.toEqual(plain);
    expect(await text({ seed: 5 }, { seed: 41 })).toEqual(plain);
    await expect(observe('full', { seed: undefined })).rejects.toThrow(
      'train.trainRrg: expected a seed, got none; give seed, or settings with one.',
    );
  });
});

describe('the published values', () => {
  const column = (name: keyof typeof RRG_PRESETS, field: keyof RrgStageSettings) =>
    STAGES.map((stage) => RRG_PRESETS[name].stages[stage][field]);

  it('are those of Tables 3 and 4, and of the log where the tables are silent', () => {
    const tables = {
      'rrg-base': {
        epochs: [2, 2, 2],
        batchSize: [16, 16, 8],
        learningRate: [0.01, 1e-4, 1e-4],
        factor: [0.3, 0.3, 0.3],
        cooldown: [5, 5, 5],
        patience: [5, 10, 10],
        selectionPosWeight: [undefined, 1, 1],
      },
      'rrg-opt': {
        epochs: [10, 10, 5],
        batchSize: [16, 16, 1],
        learningRate: [1e-3, 5e-5, 5e-5],
        factor: [0.5, 0.5, 0.5],
        cooldown: [5, 5, 5],
        patience: [5, 5, 3],
        selectionPosWeight: [undefined, 2, 2],
        accumulate: [1, 1, 16],
        evaluateEvery: [200, 200, 5000],
        seed: [41, 41, 41],
      },
      rgrg: {
        seed: [41, 42, 42],
        batchSize: [16, 16, 2],
        accumulate: [4, 4, 32],
        selectionPosWeight: [undefined, 2.2, 2.2],
      },
    } as const;
    for (const [name, fields] of Object.entries(tables))
      for (const [field, values] of Object.entries(fields))
        expect(column(name as 'rgrg', field as 'seed'), `${name} ${field}`).toEqual(values);
    for (const name of Object.keys(RRG_PRESETS))
      expect(column(name as 'rgrg', 'abnormalityPosWeight')).toEqual([undefined, 6, 6]);
  });
});
