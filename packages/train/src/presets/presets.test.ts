import { describe, expect, it } from 'vitest';
import { parseRclipPreset, RCLIP_PRESETS } from '../rclip/rclip-presets.js';
import { parseRrgPreset, presetOrigins, RRG_PRESETS } from '../rrg/rrg-presets.js';
import convirt from './convirt.json' with { type: 'json' };
import cxrClip from './cxr-clip.json' with { type: 'json' };
import cxrClip10 from './cxr-clip-10.json' with { type: 'json' };
import rclipBase from './rclip-base.json' with { type: 'json' };
import rclipOpt from './rclip-opt.json' with { type: 'json' };
import rgrg from './rgrg.json' with { type: 'json' };
import rrgBase from './rrg-base.json' with { type: 'json' };
import rrgOpt from './rrg-opt.json' with { type: 'json' };

describe('the values of the files', () => {
  it('are those of the report model that the package has always had', () => {
    const base = { seed: 41, epochs: 2, accumulate: 1, factor: 0.3, cooldown: 5 };
    const opt = { seed: 41, factor: 0.5, cooldown: 5 };
    const reference = { epochs: 20, factor: 0.5, cooldown: 5 };
    const positives = (selectionPosWeight: number) => ({ selectionPosWeight, abnormalityPosWeight: 6 });
    const shared = {
      numClasses: 30,
      shares: {
        detector: { train: 1, valid: 0.2 },
        classifiers: { train: 1, valid: 0.05 },
        full: { train: 1, valid: 0.05 },
      },
    };
    const late = { learningRate: 5e-5, patience: 10, evaluateEvery: 2400 };
    expect(RRG_PRESETS).toEqual({
      'rrg-base': {
        ...shared,
        name: 'rrg-base',
        maxSentenceTokens: 500,
        source: 'CRRG-CLIP, Tables 3 and 4, RRG-base',
        stages: {
          detector: { ...base, batchSize: 16, learningRate: 0.01, patience: 5 },
          classifiers: { ...base, ...positives(1), batchSize: 16, learningRate: 1e-4, patience: 10 },
          full: { ...base, ...positives(1), batchSize: 8, learningRate: 1e-4, patience: 10, dropout: 0.1 },
        },
      },
      'rrg-opt': {
        ...shared,
        name: 'rrg-opt',
        maxSentenceTokens: 300,
        source: 'CRRG-CLIP, Tables 3 and 4, RRG-opt',
        stages: {
          detector: {
            ...opt,
            ...{ epochs: 10, batchSize: 16, accumulate: 1, learningRate: 1e-3, patience: 5 },
            evaluateEvery: 200,
          },
          classifiers: {
            ...{ ...opt, ...positives(2) },
            ...{ epochs: 10, batchSize: 16, accumulate: 1, learningRate: 5e-5, patience: 5 },
            evaluateEvery: 200,
          },
          full: {
            ...{ ...opt, ...positives(2), dropout: 0.1 },
            ...{ epochs: 5, batchSize: 1, accumulate: 16, learningRate: 5e-5, patience: 3 },
            evaluateEvery: 5000,
          },
        },
      },
      rgrg: {
        ...shared,
        name: 'rgrg',
        maxSentenceTokens: 300,
        source: 'RGRG, run configurations of its three stages',
        stages: {
          detector: {
            ...reference,
            ...{ seed: 41, batchSize: 16, accumulate: 4, learningRate: 1e-3, patience: 5 },
            evaluateEvery: 1000,
          },
          classifiers: {
            ...{ ...reference, ...late, ...positives(2.2) },
            ...{ seed: 42, batchSize: 16, accumulate: 4 },
          },
          full: {
            ...{ ...reference, ...late, ...positives(2.2), dropout: 0.1 },
            ...{ seed: 42, batchSize: 2, accumulate: 32 },
          },
        },
      },
    });
  });

  it('stand under the name of their file, which the table has', () => {
    const names = (files: readonly { readonly name: string }[]) => files.map(({ name }) => name);
    expect(names([rrgBase, rrgOpt, rgrg])).toEqual(Object.keys(RRG_PRESETS));
    expect(names([rclipBase, rclipOpt, cxrClip, cxrClip10, convirt])).toEqual(Object.keys(RCLIP_PRESETS));
  });

  it('say where they are from: what the tables have from the paper, what they lack from elsewhere', () => {
    for (const { stages } of [rrgBase, rrgOpt])
      for (const stage of Object.values(stages))
        for (const [field, { from }] of Object.entries<{ readonly from: string }>(stage)) {
          const isInTables =
            !/^(seed|accumulate|evaluateEvery|abnormalityPosWeight|dropout|(train|valid)Share)$/.test(field);
          expect(from === 'paper', field).toBe(isInTables);
        }
    for (const { numClasses, maxSentenceTokens } of [rrgBase, rrgOpt])
      expect([numClasses.from, maxSentenceTokens.from]).toEqual(['paper', 'paper']);
    expect(presetOrigins(rrgOpt, 'full')).toMatchObject({ epochs: 'paper', validShare: 'logged run' });
    expect(rrgBase.stages.detector.seed.from).toBe('ours');
    expect(rrgOpt.stages.full.accumulate.from).toBe('logged run');
    expect(rclipBase.pretraining.dropout.from).toBe('code');
  });
});

describe('a preset of another', () => {
  const changed = (path: readonly string[], value: unknown, preset: object = rrgOpt): object => {
    const copy = structuredClone(preset) as Record<string, unknown>;
    const last = path.at(-1)!;
    let at = copy;
    for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
    if (value === undefined) delete at[last];
    else at[last] = value;
    return copy;
  };
  const problem = (...change: Parameters<typeof changed>) => {
    try {
      parseRrgPreset(changed(...change));
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  it('of R-CLIP may say how batches are summed or cut, in numbers from 1', () => {
    const of = (stage: string, name: string, value: number) =>
      parseRclipPreset(changed([stage, name], { value, from: 'paper' }, rclipBase));
    expect(of('pretraining', 'microBatchSize', 8).pretraining.microBatchSize).toBe(8);
    expect(of('pretraining', 'accumulate', 2).pretraining.accumulate).toBe(2);
    expect(of('probe', 'accumulate', 3).probe.accumulate).toBe(3);
    expect(() => of('pretraining', 'microBatchSize', 0)).toThrow('pretraining.microBatchSize.value must be');
    expect(() => of('probe', 'microBatchSize', 8)).toThrow('probe.microBatchSize is not a field');
  });

  it('is taken with its own values, null being none', () => {
    const setting = { value: 3, from: 'paper' };
    expect(parseRrgPreset(changed(['stages', 'full', 'epochs'], setting)).stages.full.epochs).toBe(3);
    const none = { value: null, from: 'paper' };
    const { full } = parseRrgPreset(changed(['stages', 'full', 'evaluateEvery'], none)).stages;
    expect('evaluateEvery' in full).toBe(false);
  });

  it('is refused where a field is absent, unknown, wrong or of no source, all problems at once', () => {
    const full = ['stages', 'full'];
    expect(problem([...full, 'dropout'], undefined)).toContain('stages.full.dropout is missing');
    expect(problem(['stages', 'detector', 'dropout'], { value: 0.1, from: 'code' })).toContain(
      'stages.detector.dropout is not a field',
    );
    expect(problem([...full, 'epochs'], { value: 0, from: 'paper' })).toContain(
      'stages.full.epochs.value must be a positive integer, got 0',
    );
    expect(problem([...full, 'epochs'], { value: null, from: 'paper' })).toContain('got null');
    expect(problem([...full, 'epochs'], { value: 1, from: 'hearsay' })).toContain(
      'stages.full.epochs.from must be one of sources, got "hearsay"',
    );
    expect(problem([...full, 'validShare'], { value: 0, from: 'paper' })).toContain(
      'stages.full.validShare.value must be a number above 0 and at most 1, got 0',
    );
    expect(problem(['numClasses'], { value: 1.5, from: 'paper' })).toContain('numClasses.value must be');
    expect(problem(['maxSentenceTokens'], undefined)).toBe(
      'train.parsePreset: maxSentenceTokens is missing; correct these fields.',
    );
    expect(problem([...full, 'epochs'], 5)).toContain('stages.full.epochs must be an object');
    expect(problem([...full, 'epochs', 'note'], 'x')).toContain('stages.full.epochs.note is not a field');
    expect(problem(['schema'], 'crrg/rclip-preset/1')).toContain('schema must be "crrg/rrg-preset/1"');
    const twice = changed(['stages', 'full', 'epochs'], undefined, changed(['extra'], 1));
    expect(() => parseRrgPreset(twice)).toThrow(
      /^train\.parsePreset: extra is not a field; stages\.full\.epochs is missing; correct these fields\.$/,
    );
    expect(() => parseRclipPreset(changed(['text'], { value: 'both', from: 'paper' }, rclipBase))).toThrow(
      'text.value must be "original" or "generated", got "both"',
    );
  });
});
