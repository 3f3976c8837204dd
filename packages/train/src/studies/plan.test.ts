import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import rclipBase from '../presets/rclip-base.json' with { type: 'json' };
import { RCLIP_PRESET_NAMES, RCLIP_PRESETS } from '../rclip/rclip-presets.js';
import { chosenForPretraining, labelledFilms, planOf } from './plan.js';
import type { TrainingStudy } from './read-studies.js';

describe('the plan of training on studies', () => {
  it.each(RCLIP_PRESET_NAMES)('has every value of the preset %s', async (preset) => {
    const { source, ...values } = RCLIP_PRESETS[preset];
    expect(await planOf({ preset })).toEqual({
      ...{ preset, presetSource: source, probeShare: 1, share: 1, firstRows: undefined },
      ...values,
      onBadBatch: 'stop',
    });
  });

  it('puts options in the place of values, each of the stage that it names', async () => {
    const { pretraining, probe } = RCLIP_PRESETS['rclip-base'];
    const options = {
      epochs: 7,
      batchSize: 9,
      learningRate: 0.5,
      accumulate: 2,
      probeEpochs: 3,
      seed: 11,
      microBatchSize: 3,
    };
    const shares = { share: 0.5, probeShare: 0.25 };
    const plan = await planOf({ preset: 'rclip-base', ...options, ...shares, onBadBatch: 'skip' });
    expect(plan).toEqual({
      ...{ preset: 'rclip-base', presetSource: RCLIP_PRESETS['rclip-base'].source },
      ...shares,
      firstRows: undefined,
      text: 'original',
      seed: 11,
      onBadBatch: 'skip',
      pretraining: {
        ...pretraining,
        epochs: 7,
        batchSize: 9,
        learningRate: 0.5,
        accumulate: 2,
        microBatchSize: 3,
      },
      probe: { ...probe, epochs: 3, batchSize: 9 },
    });
    expect((await planOf({ preset: 'rclip-opt', text: 'original' })).text).toBe('original');
  });

  it('refuses options of generated text without it', async () => {
    for (const option of [{ reports: 'r.jsonl' }, { reportModel: 'tiny' }])
      await expect(planOf({ preset: 'rclip-base', ...option })).rejects.toThrow(
        'only with generated text, got original',
      );
  });

  it('refuses both a share and first rows, and numbers that make no sense', async () => {
    await expect(planOf({ share: 0.5, firstRows: 3 })).rejects.toThrow('`share` or `firstRows`, got both');
    await expect(planOf({ probeShare: 1.5 })).rejects.toThrow(
      'above 0 and at most 1 for `probeShare`, got 1.5',
    );
    await expect(planOf({ accumulate: 0 })).rejects.toThrow('from 1 for `accumulate`, got 0');
  });

  it('reads a preset of a file as strictly as ours, and says where it looked', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'crrg-plan-'));
    try {
      const file = path.join(folder, 'mine.json');
      const json = { ...rclipBase, seed: { value: 9, from: 'paper' } };
      await writeFile(file, JSON.stringify(json));
      expect(await planOf({ preset: file })).toMatchObject({ preset: 'mine.json', seed: 9 });
      await writeFile(file, JSON.stringify({ ...json, text: undefined }));
      await expect(planOf({ preset: file })).rejects.toThrow('text is missing');
      await expect(planOf({ preset: 'rclip-bse' })).rejects.toThrow(
        'expected `preset` of rclip-base, rclip-opt, cxr-clip, cxr-clip-10, convirt or a file, got "rclip-bse"',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the rows of a share', () => {
  const studies = Array.from({ length: 10 }, (_, at): TrainingStudy => ({
    ...{ subject: `study ${at}`, id: `s${at}`, patient: undefined, split: at < 8 ? 'train' : 'valid' },
    images: [`${at}.png`],
    sections: at === 7 ? [] : ['Clear.'],
    labels: new Map([['Pneumonia', at % 2 === 0 ? 0 : 1]]),
  }));
  const ids = (chosen: readonly TrainingStudy[]) => chosen.map(({ id }) => id).sort();

  it('are those that CXR-CLIP draws of the labelled films: the first of RandomState(1).permutation', () => {
    // numpy.random.RandomState(1).permutation(8) is [7, 2, 1, 6, 0, 4, 3, 5]; round-half-even(0.3 * 8) is 2, of 0.3125 * 8 = 2.5 too.
    const films = (share: number) =>
      labelledFilms(studies, 'train', { probeShare: share }).map(({ film }) => film);
    expect(films(0.3)).toEqual(['7.png', '2.png']);
    expect(films(0.3125)).toEqual(['7.png', '2.png']);
    expect(films(1)).toHaveLength(8);
    expect(labelledFilms(studies, 'valid', { probeShare: 0.3 })).toHaveLength(2);
  });

  it('or the first ones leave out studies with a text for training alone', async () => {
    const plan = await planOf({ firstRows: 2 });
    expect(ids(chosenForPretraining(studies, plan))).toEqual(['s0', 's1', 's7', 's8', 's9']);
    const half = chosenForPretraining(studies, await planOf({ share: 0.4 }));
    expect(half.filter(({ split, sections }) => split === 'train' && sections.length > 0)).toHaveLength(3);
    const generated = chosenForPretraining(studies, await planOf({ text: 'generated', firstRows: 2 }));
    expect(ids(generated)).toEqual(['s0', 's1', 's8', 's9']);
  });
});
