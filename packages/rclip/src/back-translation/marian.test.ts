import { BackendError, ConfigError, DataError, DisposedError } from '@crrg/core';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeTinyMarian, type Dictionary } from './__fixtures__/tiny-marian.js';
import { backTranslate } from './back-translate.js';
import { openTranslationCache } from './disk-cache.js';
import type { TransformersModule } from './transformers-module.js';
import { loadMarianTranslator, type MarianTranslator, type MarianTranslatorOptions } from './marian.js';

const TO_ITALIAN: Dictionary = {
  no: ['nessun', 'niente'],
  effusion: ['versamento', 'liquido'],
  clear: ['libero'],
  lung: ['polmone'],
};
const TO_ENGLISH: Dictionary = {
  nessun: ['no', 'without'],
  niente: ['without', 'no'],
  versamento: ['effusion', 'fluid'],
  liquido: ['fluid', 'effusion'],
  libero: ['clear', 'free'],
  polmone: ['lung'],
};

let folder: string;
const italian = () => join(folder, 'en-it');
const english = () => join(folder, 'it-en');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crrg-marian-'));
  await writeTinyMarian(italian(), TO_ITALIAN);
  await writeTinyMarian(english(), TO_ENGLISH);
});
afterAll(() => rm(folder, { recursive: true }));

async function using<T>(
  options: Partial<MarianTranslatorOptions>,
  work: (translator: MarianTranslator) => Promise<T>,
): Promise<T> {
  const translator = await loadMarianTranslator({ model: italian(), ...options });
  try {
    return await work(translator);
  } finally {
    await translator.dispose();
  }
}

describe('a Marian model through transformers.js', () => {
  it('samples with beams, each with its own cache, the same in any company', async () => {
    const texts = ['clear lung no no effusion', 'no effusion'];
    await using({ temperature: 0.05, numBeams: 3 }, async (translator) => {
      expect(translator.id).toContain('"numBeams":3');
      expect(await translator.translate(texts, { seeds: [1, 2] })).toEqual([
        'libero polmone nessun nessun versamento',
        'nessun versamento',
      ]);
    });
    await using({ numBeams: 4 }, async (translator) => {
      const [alone] = await translator.translate([texts[0]!], { seeds: [5] });
      const [, together] = await translator.translate([texts[1]!, texts[0]!], { seeds: [9, 5] });
      expect(together).toBe(alone);
      // Every word is one of the two that the dictionary has for its place.
      expect(alone).toMatch(/^libero polmone (nessun|niente) (nessun|niente) (versamento|liquido)$/);
    });
    await using({ numBeams: 2, temperature: 40 }, async (translator) => {
      const seen = new Set<string>();
      for (let seed = 0; seed < 12; seed++)
        seen.add((await translator.translate(['lung'], { seeds: [seed] }))[0]!);
      expect(seen.size).toBeGreaterThan(1);
    });
    // Without access to the encoder a text is encoded at each step, and nothing else changes.
    const loaded = await import('@huggingface/transformers');
    const transformers = {
      ...loaded,
      AutoModelForSeq2SeqLM: {
        from_pretrained: async (...options: [string, object]) => {
          const model = await loaded.AutoModelForSeq2SeqLM.from_pretrained(...options);
          return Object.assign(model, { _encode_input: undefined });
        },
      },
    } as unknown as TransformersModule;
    await using({ temperature: 0.05, numBeams: 3, transformers }, async (translator) => {
      expect(await translator.translate([texts[0]!], { seeds: [1] })).toEqual([
        'libero polmone nessun nessun versamento',
      ]);
    });
    await expect(using({ numBeams: 2, temperature: 0 }, () => Promise.resolve())).rejects.toThrow(
      'temperature 0 with several beams',
    );
  });

  it('translates texts of different lengths in one batch, each word at its place', async () => {
    const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')];
    const texts = ['no effusion', 'lung', 'clear lung no no effusion'];
    await using({ temperature: 0 }, async (translator) => {
      expect(await translator.translate(texts, { seeds: [1, 2, 3] })).toEqual([
        'nessun versamento',
        'polmone',
        'libero polmone nessun nessun versamento',
      ]);
    });
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it('samples with the seed of each text, whatever the batch', async () => {
    await using({}, async (translator) => {
      const text = 'no effusion no effusion no effusion';
      const seeds = Array.from({ length: 12 }, (_, seed) => seed);
      const together = await translator.translate(
        seeds.map(() => text),
        { seeds },
      );
      expect(new Set(together).size).toBeGreaterThan(4);
      const [alone] = await translator.translate([text], { seeds: [7] });
      const [, beside] = await translator.translate(['lung', text, `${text} clear`], { seeds: [1, 7, 2] });
      expect([alone, beside]).toEqual([together[7], together[7]]);
    });
  });

  it('draws each word as often as its probability says', async () => {
    await using({ temperature: 1.5 }, async (translator) => {
      const texts = new Array<string>(40).fill(new Array<string>(20).fill('no').join(' '));
      const words = (await translator.translate(texts, { seeds: [...texts.keys()] })).join(' ').split(' ');
      // Logits 8 and 7: softmax at 1.5 is 1 / (1 + e^(-1 / 1.5)); 800 draws have a standard deviation of 0.017.
      const share = words.filter((word) => word === 'nessun').length / words.length;
      expect(words.length).toBe(800);
      expect(Math.abs(share - 1 / (1 + Math.exp(-1 / 1.5)))).toBeLessThan(0.06);
    });
  });

  it('says which texts and translations it cuts, and keeps their beginning', async () => {
    const warnings: string[] = [];
    const options = { temperature: 0, maxTokens: 4, onWarning: (text: string) => warnings.push(text) };
    await using(options, async (translator) => {
      const texts = ['no lung', 'no effusion no lung'];
      expect(await translator.translate(texts, { seeds: [1, 2] })).toEqual([
        'nessun polmone',
        'nessun versamento nessun',
      ]);
    });
    expect(warnings).toEqual([
      'rclip.MarianTranslator: a text has 5 tokens; only the first 4 are translated.',
      'rclip.MarianTranslator: a translation has reached 4 tokens; it may lack its end.',
    ]);
  });

  it('stops within a batch', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    await using({}, async (translator) => {
      const work = translator.translate(['no effusion no effusion'], {
        seeds: [1],
        signal: controller.signal,
      });
      controller.abort(reason);
      await expect(work).rejects.toBe(reason);
      expect(await translator.translate(['lung'], { seeds: [1] })).toEqual(['polmone']);
    });
  });

  it('needs a seed for each text', async () => {
    await using({}, async (translator) => {
      expect(await translator.translate([], { seeds: [] })).toEqual([]);
      await expect(translator.translate(['lung', 'no'], { seeds: [1] })).rejects.toThrow(
        'rclip.MarianTranslator: expected a seed for each of 2 texts, got 1; give one per text.',
      );
    });
  });

  it('is not used after disposal', async () => {
    const translator = await loadMarianTranslator({ model: italian() });
    await translator.dispose();
    await translator.dispose();
    await expect(translator.translate(['no'], { seeds: [1] })).rejects.toThrow(DisposedError);
  });

  it('back-translates through a second model, from the cache the second time', async () => {
    const texts = ['no effusion', 'clear lung', 'no effusion clear lung'];
    await using({}, (forth) =>
      using({ model: relative('.', english()) }, async (back) => {
        const cache = await openTranslationCache(join(folder, 'cache'));
        const first = await backTranslate(texts, { forth, back, cache, batchSize: 2 });
        const english =
          /^(no|without|effusion|fluid|clear|free|lung)( (no|without|effusion|fluid|clear|free|lung))*$/;
        first.forEach((text, index) => {
          expect(text).toMatch(english);
          expect(text.split(' ').length).toBe(texts[index]!.split(' ').length);
        });
        expect(await backTranslate(texts, { forth, back, batchSize: 3 })).toEqual(first);
        const broken = { ...forth, translate: () => Promise.reject(new Error('called')) };
        expect(await backTranslate(texts, { forth: broken, back, cache })).toEqual(first);
      }),
    );
  });
});

describe('loading', () => {
  it('says where there is no model, or not all of one, without asking the network', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    const nowhere = loadMarianTranslator({ model: 'no/such-model' });
    await expect(nowhere).rejects.toThrow(DataError);
    await expect(nowhere).rejects.toThrow(
      /expected a folder with a Marian model at \/.*no\/such-model, got none; convert one for transformers\.js, or set isDownloadAllowed/,
    );
    await mkdir(join(folder, 'part', 'onnx'), { recursive: true });
    await expect(loadMarianTranslator({ model: join(folder, 'part') })).rejects.toThrow(
      /at .*part, got one without config\.json, tokenizer\.json; convert one/,
    );
    expect(fetched).not.toHaveBeenCalled();
  });

  it('says what transformers.js could not read', async () => {
    await cp(italian(), join(folder, 'broken'), { recursive: true });
    await writeFile(join(folder, 'broken', 'onnx', 'encoder_model.onnx'), 'no model');
    await expect(loadMarianTranslator({ model: join(folder, 'broken') })).rejects.toThrow(
      /expected a Marian model at .*broken, got ".+"; check its files, or the network/,
    );
  });

  it('asks the hub where that is allowed', async () => {
    const asked: string[] = [];
    const refuse = {
      from_pretrained: async (model: string) => {
        asked.push(model);
        throw new Error('offline');
      },
    };
    const transformers = { env: {}, AutoTokenizer: refuse, AutoModelForSeq2SeqLM: refuse, Tensor: class {} };
    const loading = loadMarianTranslator({ model: 'some/model', isDownloadAllowed: true, transformers });
    await expect(loading).rejects.toThrow('expected a Marian model at some/model, got "offline"');
    expect(asked).toEqual(['some/model']);
  });

  it('names every unusable setting', async () => {
    const loading = loadMarianTranslator({ model: italian(), temperature: -1, topK: 0, maxTokens: 1 });
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(
      'rclip.loadMarianTranslator: expected usable settings, got temperature -1 (a number of at least 0), topK 0 (a positive integer), maxTokens 1 (an integer of at least 2); correct them.',
    );
  });

  it('says what to install where transformers.js is missing', async () => {
    vi.doMock('@huggingface/transformers', () => {
      throw new Error('Cannot find package');
    });
    const loading = loadMarianTranslator({ model: italian() });
    await expect(loading).rejects.toThrow(BackendError);
    await expect(loading).rejects.toThrow(
      /expected the package @huggingface\/transformers, got ".*"; run `npm install @huggingface\/transformers` or pass another translator\./,
    );
    vi.doUnmock('@huggingface/transformers');
  });
});
