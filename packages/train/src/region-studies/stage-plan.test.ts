import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RRG_PRESETS } from '../rrg/rrg-presets.js';
import type { RegionEntry } from './read-entries.js';
import { entriesOf, rrgPlanOf } from './stage-plan.js';

const entries = Array.from({ length: 23 }, (_, index): RegionEntry => {
  const split = index % 23 < 13 ? 'train' : 'valid';
  const study = {
    image: '',
    id: `${index}`,
    patient: null,
    study: null,
    split,
    view: null,
    regions: [],
    report: null,
  } as const;
  return { subject: '', file: '', study };
});

describe('what a stage trains with', () => {
  it('is the preset, one value for all stages, or one for each that is named', async () => {
    const { stages } = await rrgPlanOf({
      preset: 'rrg-opt',
      epochs: 3,
      batchSize: { full: 4 },
      seed: { detector: 7 },
    });
    expect(stages.map(({ settings }) => settings.epochs)).toEqual([3, 3, 3]);
    expect(stages.map(({ settings }) => settings.batchSize)).toEqual([16, 16, 4]);
    expect(stages.map(({ settings }) => settings.seed)).toEqual([7, 41, 41]);
    expect(stages.map(({ share, validShare }) => [share, validShare])).toEqual([
      [1, 0.2],
      [1, 0.05],
      [1, 0.05],
    ]);
    expect(stages[2]!.origins).toMatchObject({
      epochs: 'this run',
      batchSize: 'this run',
      seed: 'logged run',
      learningRate: 'paper',
    });
    expect(stages[1]!.settings).toEqual({ ...RRG_PRESETS['rrg-opt'].stages.classifiers, epochs: 3 });
  });

  it('is a file of the same form as the presets', async () => {
    const file = fileURLToPath(new URL('../presets/rgrg.json', import.meta.url));
    const { preset, stages } = await rrgPlanOf({ preset: file, stages: ['detector'] });
    expect(preset).toEqual(RRG_PRESETS.rgrg);
    expect(stages.map(({ settings }) => settings)).toEqual([RRG_PRESETS.rgrg.stages.detector]);
  });

  it('is refused where a value is not valid, by its name', async () => {
    await expect(rrgPlanOf({ epochs: { full: 0 } })).rejects.toThrow(
      'a whole number from 1 for `epochs`, got 0;',
    );
    await expect(rrgPlanOf({ share: 1.5 })).rejects.toThrow('above 0 and at most 1 for `share`, got 1.5;');
    await expect(rrgPlanOf({ learningRate: -1 })).rejects.toThrow('a number above 0 for `learningRate`');
  });
});

describe('a share of the studies', () => {
  const ids = async (options: Parameters<typeof rrgPlanOf>[0]) => {
    const { stages } = await rrgPlanOf({ stages: ['detector'], ...options });
    const { train, valid } = entriesOf(entries, stages[0]!);
    return [train, valid].map((part) => part.map(({ study }) => Number(study.id)));
  };

  it('is the first of each split, rounded down as the reference rounds', async () => {
    expect(await ids({ share: 0.2, validShare: 0.25 })).toEqual([
      [0, 1],
      [13, 14],
    ]);
    expect(await ids({ firstRows: 3 })).toEqual([
      [0, 1, 2],
      [13, 14],
    ]);
    expect((await ids({ firstRows: 99, validShare: 1 })).map(({ length }) => length)).toEqual([13, 10]);
  });

  it('is refused where nothing is left, with the option that changes it', async () => {
    await expect(ids({ validShare: 0.05 })).rejects.toThrow(
      'expected at least one study of the split valid for the stage detector, got none of 10; give studies or a larger `validShare`.',
    );
  });
});
