import { describe, expect, it } from 'vitest';
import { constantSchedule, reduceOnPlateau, stepDecay, warmupCosine } from './schedules.js';

describe('reduceOnPlateau', () => {
  const options = { learningRate: 1, factor: 0.5, patience: 1, cooldown: 2, threshold: 0.1 };

  it('halves the rate after more bad evaluations than it bears, then rests', () => {
    const schedule = reduceOnPlateau(options);
    const rates = [10, 10, 10, 10, 10, 10, 10].map((loss) => {
      schedule.evaluated(loss);
      return schedule.learningRate();
    });
    expect(rates).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]);
  });

  it('takes a fall of less than the relative threshold for no improvement', () => {
    const schedule = reduceOnPlateau(options);
    for (const loss of [10, 9.01, 9.005]) schedule.evaluated(loss);
    expect(schedule.learningRate()).toBe(0.5);
  });

  it('counts NaN as no improvement and never goes below the smallest rate', () => {
    const schedule = reduceOnPlateau({ ...options, cooldown: 0, patience: 0, minLearningRate: 0.4 });
    for (const loss of [1, NaN, NaN, NaN]) schedule.evaluated(loss);
    expect(schedule.learningRate()).toBe(0.4);
  });

  it('makes no reduction of 1e-8 or less, as PyTorch', () => {
    const last = (learningRate: number) => {
      const schedule = reduceOnPlateau({ learningRate, factor: 0.5, patience: 0 });
      for (const loss of [1, 1]) schedule.evaluated(loss);
      return schedule.learningRate();
    };
    expect(last(1.9e-8)).toBe(1.9e-8);
    expect(last(2.2e-8)).toBe(1.1e-8);
  });

  it('goes on from a state that went through JSON, before and after the first evaluation', () => {
    for (const losses of [[], [10], [10, 10, 10, 10]]) {
      const schedule = reduceOnPlateau(options);
      for (const loss of losses) schedule.evaluated(loss);
      const copy = reduceOnPlateau({ learningRate: 7 });
      copy.restore(JSON.parse(JSON.stringify(schedule.state())));
      expect(copy.state()).toEqual(schedule.state());
      expect(copy.learningRate()).toBe(schedule.learningRate());
    }
  });

  it('refuses the state of another schedule and a factor that does not reduce', () => {
    expect(() =>
      reduceOnPlateau(options).restore(warmupCosine({ learningRate: 1, totalSteps: 2 }).state()),
    ).toThrow('"best"');
    expect(() => reduceOnPlateau({ ...options, factor: 1 })).toThrow('factor must be in (0, 1), got 1');
    expect(() => reduceOnPlateau({ ...options, learningRate: NaN })).toThrow('at least 0, got NaN');
  });
});

describe('warmupCosine', () => {
  it('rises from 0 in a line, then falls as a squared cosine', () => {
    const schedule = warmupCosine({ learningRate: 2, totalSteps: 6, warmupSteps: 2 });
    const rates = Array.from({ length: 7 }, () => {
      const rate = schedule.learningRate();
      schedule.stepped();
      return rate;
    });
    const expected = [0, 1, 2, 2 * Math.cos(Math.PI / 8) ** 2, 1, 2 * Math.cos((3 * Math.PI) / 8) ** 2, 0];
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(expected[step]!, 12));
  });

  it('rounds a warm-up given as a fraction up', () => {
    const schedule = warmupCosine({ learningRate: 4, totalSteps: 33, warmupSteps: 0.1 });
    schedule.stepped();
    expect(schedule.learningRate()).toBe(1);
  });

  it('goes on from its state', () => {
    const schedule = warmupCosine({ learningRate: 1, totalSteps: 10, warmupSteps: 3 });
    for (let step = 0; step < 5; step++) schedule.stepped();
    const copy = warmupCosine({ learningRate: 1, totalSteps: 10, warmupSteps: 3 });
    copy.restore(schedule.state());
    expect(copy.learningRate()).toBe(schedule.learningRate());
  });

  it('refuses the state of a run of other settings, and settings without a rate', () => {
    const options = { learningRate: 1, totalSteps: 10, warmupSteps: 3 };
    const state = warmupCosine(options).state();
    for (const [name, other] of [
      ['learningRate', { learningRate: 2 }],
      ['totalSteps', { totalSteps: 11 }],
      ['warmup', { warmupSteps: 2 }],
    ] as const)
      expect(() => warmupCosine({ ...options, ...other }).restore(state)).toThrow(
        `train.warmupCosine: expected ${name} ${state[name]} of the saved run, got`,
      );
    for (const wrong of [{ totalSteps: 0 }, { totalSteps: NaN }, { warmupSteps: -1 }, { learningRate: -1 }])
      expect(() => warmupCosine({ ...options, ...wrong })).toThrow('at least');
  });
});

describe('stepDecay', () => {
  const options = { learningRate: 8, factor: 0.5, everySteps: 2 };

  it('multiplies the rate after every so many steps', () => {
    const schedule = stepDecay(options);
    const rates = Array.from({ length: 5 }, () => {
      const rate = schedule.learningRate();
      schedule.stepped();
      return rate;
    });
    expect(rates).toEqual([8, 8, 4, 4, 2]);
    const copy = stepDecay(options);
    copy.restore(schedule.state());
    expect(copy.learningRate()).toBe(2);
    copy.stepped();
    expect(copy.learningRate()).toBe(1);
  });

  it('refuses the state of a run of other settings, and settings that are none', () => {
    expect(() => stepDecay({ ...options, everySteps: 3 }).restore(stepDecay(options).state())).toThrow(
      'train.stepDecay: expected everySteps 2 of the saved run, got 3',
    );
    for (const wrong of [{ factor: 0 }, { factor: 2 }, { everySteps: 0.5 }, { learningRate: -1 }])
      expect(() => stepDecay({ ...options, ...wrong })).toThrow('at least');
  });
});

describe('constantSchedule', () => {
  it('never changes', () => {
    const schedule = constantSchedule(0.1);
    schedule.stepped();
    schedule.evaluated(5);
    expect(schedule.learningRate()).toBe(0.1);
  });
});
