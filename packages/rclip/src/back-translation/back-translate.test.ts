import { DataError } from '@crrg/core';
import fc from 'fast-check';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  addBackTranslations,
  backTranslate,
  type BackTranslationProgress,
  type TranslationCache,
  type Translator,
} from './back-translate.js';
import { openTranslationCache } from './disk-cache.js';

/** A translator that marks the texts and remembers its calls. */
function recorder(id: string, mark: (text: string, seed: number) => string) {
  const calls: { texts: readonly string[]; seeds: readonly number[] }[] = [];
  const translator: Translator = {
    id,
    translate: async (texts, { seeds }) => {
      calls.push({ texts, seeds });
      return texts.map((text, index) => mark(text, seeds[index]!));
    },
  };
  return { ...translator, calls };
}

const upper = () => recorder('upper', (text) => text.toUpperCase());
const dotted = () => recorder('dotted', (text) => `${text}.`);

function memoryCache(): TranslationCache & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (more) => more.forEach((text, key) => entries.set(key, text)),
  };
}

describe('back-translation', () => {
  it('goes there and back, in the order of the texts, each different text once', async () => {
    const [forth, back] = [upper(), dotted()];
    const texts = ['bb', 'a', 'bb', 'ccc'];
    expect(await backTranslate(texts, { forth, back, batchSize: 2 })).toEqual(['BB.', 'A.', 'BB.', 'CCC.']);
    expect(forth.calls.map(({ texts: batch }) => batch)).toEqual([['a', 'bb'], ['ccc']]);
    expect(back.calls.map(({ texts: batch }) => batch)).toEqual([['A', 'BB'], ['CCC']]);
  });

  it('leaves texts without words empty, also those that the first translator loses', async () => {
    const forth = recorder('loses', (text) => (text === 'lost' ? ' ' : text));
    const back = dotted();
    expect(await backTranslate(['', 'lost', 'kept'], { forth, back })).toEqual(['', '', 'kept.']);
    expect(back.calls.map(({ texts }) => texts)).toEqual([['kept']]);
  });

  it('gives each text seeds of its own, whatever the batches', async () => {
    const options = () => ({ forth: recorder('f', (text, seed) => `${text}/${seed}`), back: dotted() });
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { maxLength: 6 }), fc.nat(), async (texts, seed) => {
        const together = await backTranslate(texts, { ...options(), seed, batchSize: 4 });
        const apart = await Promise.all(texts.map((each) => backTranslate([each], { ...options(), seed })));
        expect(together).toEqual(apart.flat());
      }),
      { seed: 1, numRuns: 50 },
    );
    const [forth, other] = [options(), options()];
    expect(await backTranslate(['a'], { ...forth, seed: 1 })).not.toEqual(
      await backTranslate(['a'], { ...other, seed: 2 }),
    );
    expect(forth.forth.calls[0]!.seeds).not.toEqual(forth.back.calls[0]!.seeds);
  });

  it('stops between batches and goes on from the cache', async () => {
    const cache = memoryCache();
    const controller = new AbortController();
    const texts = ['a', 'bb', 'ccc', 'dddd', 'eeeee'];
    const reason = new Error('enough');
    const options = { cache, batchSize: 2, back: dotted() };
    const stopped = backTranslate(texts, {
      ...options,
      forth: upper(),
      signal: controller.signal,
      onProgress: ({ done }) => done === 2 && controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
    expect(cache.entries.size).toBe(2);

    const forth = upper();
    const events: BackTranslationProgress[] = [];
    const all = await backTranslate(texts, { ...options, forth, onProgress: (event) => events.push(event) });
    expect(all).toEqual(['A.', 'BB.', 'CCC.', 'DDDD.', 'EEEEE.']);
    expect(forth.calls.flatMap(({ texts: batch }) => batch)).toEqual(['ccc', 'dddd', 'eeeee']);
    expect(events.map(({ done, total, fromCache }) => [done, total, fromCache])).toEqual([
      [2, 5, 2],
      [4, 5, 2],
      [5, 5, 2],
    ]);
  });

  it('does not take translations of other translators or seeds from the cache', async () => {
    const cache = memoryCache();
    const back = dotted();
    await backTranslate(['a'], { forth: upper(), back, cache });
    const other = recorder('other', (text) => `${text}!`);
    expect(await backTranslate(['a'], { forth: other, back, cache })).toEqual(['a!.']);
    const forth = upper();
    await backTranslate(['a'], { forth, back, cache, seed: 7 });
    expect(forth.calls.length).toBe(1);
  });

  it('refuses a translator that loses texts, and batches of nothing', async () => {
    const forth: Translator = { id: 'short', translate: async () => [] };
    await expect(backTranslate(['a'], { forth, back: dotted() })).rejects.toThrow(
      'rclip.backTranslate: expected 1 translations of short, got 0; return one per text.',
    );
    await expect(backTranslate(['a'], { forth, back: dotted(), batchSize: 0 })).rejects.toThrow(
      'rclip.backTranslate: expected a positive integer batchSize, got 0; correct it.',
    );
  });

  it('gives every section of a study its own', async () => {
    const studies = [
      { images: [{ image: 1 }], sections: ['a', ''] },
      { images: [{ image: 2 }], sections: ['bb'], id: 'x' },
    ];
    expect(await addBackTranslations(studies, { forth: upper(), back: dotted() })).toEqual([
      { images: [{ image: 1 }], sections: ['a', ''], backTranslations: ['A.', ''] },
      { images: [{ image: 2 }], sections: ['bb'], id: 'x', backTranslations: ['BB.'] },
    ]);
  });
});

describe('the cache on disk', () => {
  const folders: string[] = [];
  const newFolder = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crrg-translations-'));
    folders.push(folder);
    return join(folder, 'cache');
  };
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  it('keeps translations for later openings, and no source text', async () => {
    const folder = await newFolder();
    const cache = await openTranslationCache(folder);
    await cache.set(new Map([['first text', 'one']]));
    await cache.set(new Map([['second text', 'due è']]));
    await cache.set(new Map());
    expect(await cache.get('first text')).toBe('one');
    const again = await openTranslationCache(folder);
    expect(await again.get('second text')).toBe('due è');
    expect(await again.get('third text')).toBeUndefined();
    const names = await readdir(folder);
    expect(names.length).toBe(2);
    for (const name of names) expect(await readFile(join(folder, name), 'utf8')).not.toContain('text');
  });

  it('ignores files that a crash left half written', async () => {
    const folder = await newFolder();
    const cache = await openTranslationCache(folder);
    await cache.set(new Map([['a', 'A']]));
    await writeFile(join(folder, 'x.json.1234.tmp'), '{"half');
    expect(await (await openTranslationCache(folder)).get('a')).toBe('A');
  });

  it('names a damaged file', async () => {
    const folder = await newFolder();
    await openTranslationCache(folder);
    await writeFile(join(folder, 'bad.json'), '{"a": 1}');
    const opening = openTranslationCache(folder);
    await expect(opening).rejects.toThrow(DataError);
    await expect(opening).rejects.toThrow(
      /expected translations as JSON in .*bad\.json, got an entry is no text; delete the file\./,
    );
  });

  it('lets two writers share a folder', async () => {
    const folder = await newFolder();
    const [one, two] = [await openTranslationCache(folder), await openTranslationCache(folder)];
    await Promise.all([
      one.set(new Map([['a', 'A']])),
      two.set(new Map([['a', 'A']])),
      two.set(new Map([['b', 'B']])),
    ]);
    const both = await openTranslationCache(folder);
    expect([await both.get('a'), await both.get('b')]).toEqual(['A', 'B']);
  });
});
