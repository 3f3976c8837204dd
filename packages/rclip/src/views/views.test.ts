import { DataError, createRandom } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawViews, fixedViews } from './draw-views.js';
import { parseReportSections } from './report-sections.js';
import type { Study } from './study.js';

const study = (views: readonly (string | undefined)[], more: Partial<Study<string>> = {}): Study<string> => ({
  images: views.map((view, index) => ({ image: `${view ?? 'other'}${index}`, view })),
  sections: ['findings'],
  ...more,
});

/** How often each outcome comes up in 4000 draws, as a share. */
function shares(of: Study<string>, outcome: (views: ReturnType<typeof drawViews<string>>) => string) {
  const random = createRandom(11);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 4000; draw++) {
    const key = outcome(drawViews(of, random));
    counts.set(key, (counts.get(key) ?? 0) + 1 / 4000);
  }
  return counts;
}

const images = (of: Study<string>) => shares(of, ({ images }) => images.join(' '));
const texts = (of: Study<string>) => shares(of, ({ texts }) => texts.join(' | '));

/** Standard deviation of a share of 4000 draws is at most 0.008; 0.03 is more than 3.7 of it. */
function expectShares(actual: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): void {
  expect([...actual.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [key, share] of Object.entries(expected))
    expect(Math.abs(actual.get(key)! - share)).toBeLessThan(0.03);
}

describe('the images of a study', () => {
  it('come from two different kinds of view where there are three', () => {
    const pairs = images(study(['AP', 'PA', 'PA', 'LATERAL']));
    const expected: Record<string, number> = {};
    const pools = [['AP0'], ['PA1', 'PA2'], ['LATERAL3']];
    for (const one of pools)
      for (const other of pools.filter((pool) => pool !== one))
        for (const a of one)
          for (const b of other) expected[`${a} ${b}`] = 1 / 6 / (one.length * other.length);
    expectShares(pairs, expected);
  });

  it('are any two where there are two kinds, views without a name included', () => {
    const pairs = images(study(['PA', 'PA', 'LATERAL', undefined]));
    expect(pairs.size).toBe(12);
    for (const share of pairs.values()) expect(Math.abs(share - 1 / 12)).toBeLessThan(0.03);
  });

  it('are two of the one kind there is', () => {
    expectShares(images(study(['PA', 'PA', undefined])), { 'PA0 PA1': 0.5, 'PA1 PA0': 0.5 });
  });

  it('are the same image twice where there is one', () => {
    expectShares(images(study(['PA', undefined])), { 'PA0 PA0': 1 });
    expectShares(images(study([undefined])), { 'other0 other0': 1 });
  });
});

describe('the texts of a study', () => {
  it('are a single section and its back-translation, in either order', () => {
    const single = study(['PA'], { sections: ['a'], backTranslations: ['A'] });
    expectShares(texts(single), { 'a | A': 0.5, 'A | a': 0.5 });
  });

  it('are a single section twice where there is no back-translation', () => {
    expectShares(texts(study(['PA'], { sections: ['a'] })), { 'a | a': 1 });
    expectShares(texts(study(['PA'], { sections: ['a'], backTranslations: [' '] })), { 'a | a': 1 });
  });

  it('are two independent draws of several sections, each back-translated half of the time', () => {
    const two = study(['PA'], { sections: ['a', 'b'], backTranslations: ['A', undefined] });
    const single = { a: 0.25, A: 0.25, b: 0.5 };
    const expected: Record<string, number> = {};
    for (const [one, p] of Object.entries(single))
      for (const [other, q] of Object.entries(single)) expected[`${one} | ${other}`] = p * q;
    expectShares(texts(two), expected);
  });

  it('leave out empty sections with their back-translations', () => {
    const gaps = study(['PA'], { sections: ['', 'b', '\n'], backTranslations: ['A', 'B', 'C'] });
    expectShares(texts(gaps), { 'b | B': 0.5, 'B | b': 0.5 });
  });
});

describe('drawing', () => {
  it('only depends on the state of the generator', () => {
    const each = study(['AP', 'PA', 'LATERAL'], { sections: ['a', 'b'] });
    const run = () => {
      const random = createRandom(5);
      return Array.from({ length: 20 }, () => drawViews(each, random));
    };
    expect(run()).toEqual(run());
  });

  it('refuses studies without image or text, by name', () => {
    const random = createRandom(1);
    expect(() => drawViews(study([], { id: 's7' }), random)).toThrow(
      'rclip.views of study s7: expected at least one image, got none; leave such studies out.',
    );
    expect(() => drawViews(study(['PA'], { sections: [' '] }), random)).toThrow(
      'rclip.views: expected a section with text, got none; leave such studies out.',
    );
    expect(() => fixedViews(study(['PA'], { backTranslations: [] }))).toThrow(
      'rclip.views: expected 1 back-translations, got 0; give one per section.',
    );
    expect(() => fixedViews(study([]))).toThrow(DataError);
  });
});

describe('fixed views', () => {
  it('are the first that training may pair', () => {
    const of = (views: (string | undefined)[]) => fixedViews(study(views)).images;
    expect(of(['PA', 'PA', 'AP', 'LATERAL'])).toEqual(['PA0', 'AP2']);
    expect(of(['PA', 'PA', 'LATERAL'])).toEqual(['PA0', 'PA1']);
    expect(of([undefined, 'PA', 'PA'])).toEqual(['PA1', 'PA2']);
    expect(of(['PA'])).toEqual(['PA0', 'PA0']);
    const textsOf = (more: Partial<Study<string>>) => fixedViews(study(['PA'], more)).texts;
    expect(textsOf({ sections: ['', 'a', 'b'], backTranslations: ['', 'A', 'B'] })).toEqual(['a', 'b']);
    expect(textsOf({ sections: ['a'], backTranslations: ['A'] })).toEqual(['a', 'A']);
    expect(textsOf({ sections: ['a'] })).toEqual(['a', 'a']);
  });

  it('are among those that training draws', () => {
    const view = fc.constantFrom('AP', 'PA', 'LATERAL', undefined);
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 5 }), (views) => {
        const drawn = images(study(views));
        expect(drawn.has(fixedViews(study(views)).images.join(' '))).toBe(true);
      }),
      { seed: 1, numRuns: 20 },
    );
  });
});

describe('the sections of a report', () => {
  it('end at the next heading, with single spaces', () => {
    const report = `EXAMINATION: chest
FINDINGS:  The lungs
  are clear. Note: none.

IMPRESSION :
No acute process.
RECOMMENDATION(S): none
NOTIFICATION: by phone`;
    expect(parseReportSections(report)).toEqual({
      findings: 'The lungs are clear. Note: none.',
      impression: 'No acute process.',
    });
  });

  it('are undefined where missing or empty', () => {
    expect(parseReportSections('IMPRESSION: Clear.')).toEqual({ findings: undefined, impression: 'Clear.' });
    expect(parseReportSections('FINDINGS:\n\nIMPRESSION: \n')).toEqual({
      findings: undefined,
      impression: undefined,
    });
    expect(parseReportSections('no findings')).toEqual({ findings: undefined, impression: undefined });
    const other = parseReportSections('ADDITIONAL FINDINGS: A clip.\nIMPRESSION: Clear.');
    expect(other).toEqual({ findings: undefined, impression: 'Clear.' });
  });
});
