import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Translator } from '@crrg/rclip/back-translation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backTranslationName, withBackTranslations } from './back-translated.js';
import type { TrainingStudy } from './read-studies.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'crrg-back-'))));
afterAll(() => rm(folder, { recursive: true }));

const study = (id: string, sections: string[], backTranslations?: (string | null)[]): TrainingStudy => ({
  ...{ subject: id, id, patient: undefined, split: 'train', images: [`${id}.png`], labels: new Map() },
  sections,
  ...(backTranslations && { backTranslations }),
});

/** Adds a letter; notes what it is asked for. */
function translator(letter: string): Translator & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    id: letter,
    asked,
    translate: (texts) => {
      asked.push(...texts);
      return Promise.resolve(texts.map((text) => (text.includes('secret') ? '' : text + letter)));
    },
  };
}

describe('studies in other words', () => {
  it('have every section translated there and back once, and keep what they had', async () => {
    const [forth, back] = [translator('i'), translator('e')];
    const given = [
      study('a', ['Clear.', 'Large heart.']),
      study('b', ['Clear.', 'secret']),
      study('c', ['Clear.'], ['Free.']),
    ];
    const options = { backTranslation: { forth, back }, cacheFolder: path.join(folder, 'cache') };
    const wordings = async () =>
      (await withBackTranslations(given, options)).map(({ backTranslations }) => backTranslations);
    const expected = [['Clear.ie', 'Large heart.ie'], ['Clear.ie', null], ['Free.']];
    expect(await wordings()).toEqual(expected);
    expect([...forth.asked].sort()).toEqual(['Clear.', 'Large heart.', 'secret']);
    expect(await wordings()).toEqual(expected);
    expect(forth.asked).toHaveLength(3);
  });

  it('are left as they are where nothing translates', async () => {
    const given = [study('a', ['Clear.'])];
    expect(await withBackTranslations(given, { cacheFolder: path.join(folder, 'none') })).toEqual(given);
    expect(backTranslationName({})).toBeUndefined();
  });

  it('need one pair of models in the folder', async () => {
    await mkdir(path.join(folder, 'models', 'opus-mt-en-it'), { recursive: true });
    const training = withBackTranslations([study('a', ['Clear.'])], {
      backTranslation: path.join(folder, 'models'),
      cacheFolder: path.join(folder, 'cache'),
    });
    await expect(training).rejects.toThrow(
      /expected a folder with one pair of models such as opus-mt-en-it and opus-mt-it-en, got 0 in/,
    );
  });
});
