import { float32, int32, runToHost, trace, type Backend } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { FEATURES, MANY, VOCAB, config, tokenizer, weights } from '../__fixtures__/small-generator.js';
import { languageModel } from '../forward.js';
import { decodeSequences, type StepInput, type StepModel } from '../search/decode.js';
import type { Hypothesis, SearchOptions } from '../search/search.js';
import { reportGenSpecs } from '../specs.js';
import { createReportGenerator, type ReportGenerator } from './generator.js';
import { RecentArrays } from './recent-arrays.js';
import {
  countLive,
  followBeams,
  isWorthCompacting,
  isWorthDropping,
  isWorthMerging,
  planCompaction,
  toVisibilityTensor,
} from './visibility.js';

const fullGraph = trace(
  {
    inputs: {
      tokenIds: { shape: ['S', 'T'], dtype: 'int32' },
      regionFeatures: { shape: ['S', 6] },
      attentionMask: { shape: ['S', 'T'] },
    },
    parameters: reportGenSpecs(config),
  },
  (ops, { inputs, parameters }) => {
    const { tokenIds, attentionMask, regionFeatures } = inputs;
    const network = { tokenIds: tokenIds!, attentionMask: attentionMask!, regionFeatures: regionFeatures! };
    return { logProbs: ops.logSoftmax(languageModel(ops, parameters, network, config).logits, -1) };
  },
);

/** The same model without a cache: every step scores the whole texts again. */
async function uncachedModel(features: Float32Array): Promise<StepModel> {
  const executable = await createReferenceBackend().compile(fullGraph, { weights });
  let live = Array.from({ length: features.length / 6 }, (_, sequence) => ({
    sequence,
    beams: [[] as number[]],
  }));
  return {
    step: async (inputs: readonly StepInput[]) => {
      live = inputs.map(({ previousSequence, tokenIds, parents }) => ({
        sequence: live[previousSequence]!.sequence,
        beams: tokenIds.map((token, beam) => [...live[previousSequence]!.beams[parents[beam]!]!, token]),
      }));
      const rows = live.flatMap(({ sequence, beams }) => beams.map((tokens) => ({ sequence, tokens })));
      const length = rows[0]!.tokens.length;
      const { logProbs } = await runToHost(executable, {
        tokenIds: int32(
          [rows.length, length],
          rows.flatMap(({ tokens }) => tokens),
        ),
        attentionMask: float32([rows.length, length], new Float32Array(rows.length * length).fill(1)),
        regionFeatures: float32(
          [rows.length, 6],
          rows.flatMap(({ sequence }) => [...features.subarray(sequence * 6, sequence * 6 + 6)]),
        ),
      });
      let row = 0;
      return live.map(({ beams }) => ({
        beams: beams.map(() => {
          const end = (row + 1) * length * VOCAB;
          row += 1;
          const last = (logProbs!.data as Float32Array).subarray(end - VOCAB, end);
          const tokenIds = Array.from(last.keys())
            .sort((a, b) => last[b]! - last[a]! || a - b)
            .slice(0, 8);
          return { tokenIds, logProbs: tokenIds.map((token) => last[token]!) };
        }),
      }));
    },
  };
}

async function searchUncached(options: SearchOptions): Promise<Hypothesis[][]> {
  return decodeSequences(await uncachedModel(FEATURES), 5, options);
}

describe('the generator', () => {
  const backend = createReferenceBackend();
  let generator: ReportGenerator;

  beforeAll(async () => {
    generator = await createReportGenerator({ config, weights, tokenizer, backend });
  });

  const cases = [
    { numBeams: 1, maxLength: 12, earlyStopping: true, numReturnSequences: 1 },
    { numBeams: 4, maxLength: 20, earlyStopping: true, numReturnSequences: 3 },
    { numBeams: 4, maxLength: 14, earlyStopping: false, numReturnSequences: 1 },
    { numBeams: 2, maxLength: 2, earlyStopping: true, numReturnSequences: 2 },
  ];

  it.each(cases)(
    'with its cache finds what whole texts score: $numBeams beams, length $maxLength',
    async (settings) => {
      const expected = await searchUncached({ ...settings, bosTokenId: 256, eosTokenId: 256 });
      const found = await generator.search(FEATURES, settings);
      expect(found.map((texts) => texts.map(({ tokenIds }) => tokenIds))).toEqual(
        expected.map((texts) => texts.map(({ tokenIds }) => tokenIds)),
      );
      found.flat().forEach(({ score }, index) => expect(score).toBeCloseTo(expected.flat()[index]!.score, 5));
    },
  );

  it('has cases in which texts end at different lengths', async () => {
    const found = await generator.search(FEATURES, { maxLength: 20 });
    expect(new Set(found.map(([best]) => best!.tokenIds.length)).size).toBeGreaterThan(1);
  });

  it('gives tokens, their text and their mean log-probability for each region', async () => {
    const sentences = await generator.generate(FEATURES, { numBeams: 1, maxLength: 12 });
    expect(sentences.length).toBe(5);
    for (const { tokenIds, text, meanTokenLogProb } of sentences) {
      expect(text).toBe(tokenizer.decode(tokenIds));
      expect(meanTokenLogProb).toBeLessThan(0);
    }
  });

  it.each([1, 4])(
    'tells each sentence when it is finished, as it gives them at the end: %i beams',
    async (numBeams) => {
      const told: [row: number, step: number][] = [];
      const sentences: unknown[] = [];
      let step = 0;
      const given = await generator.generate(MANY, {
        numBeams,
        maxLength: 20,
        onProgress: (event) => {
          if (event.type === 'token') step = event.step;
        },
        onSentence: (row, sentence) => {
          told.push([row, step]);
          sentences[row] = sentence;
        },
      });
      expect(sentences).toEqual(given);
      expect(told).toHaveLength(24);
      expect(told[0]![1]).toBeLessThan(told.at(-1)![1]);
      if (numBeams > 1) return;
      for (const [row, at] of told) expect(given[row]!.tokenIds).toHaveLength(at + 1);
    },
  );

  it('ends, and keeps no device values, where the one who is told a sentence throws', async () => {
    const before = backend.liveTensors();
    const generation = generator.generate(FEATURES, {
      onSentence: () => {
        throw new Error('full');
      },
    });
    await expect(generation).rejects.toThrow('full');
    expect(backend.liveTensors()).toBe(before);
  });

  it('gives nothing for no regions', async () => {
    expect(await generator.generate(new Float32Array(0))).toEqual([]);
  });

  it('keeps no device values after a run, nor after an abort', async () => {
    const before = backend.liveTensors();
    await generator.generate(FEATURES, { maxLength: 6 });
    const controller = new AbortController();
    const aborted = generator.generate(FEATURES, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === 'token' && event.step === 3) controller.abort();
      },
    });
    await expect(aborted).rejects.toThrow();
    expect(backend.liveTensors()).toBe(before);
  });

  it('tells the backend in which graphs products have few rows', async () => {
    const told: [string | undefined, boolean | undefined][] = [];
    const watching: Backend = {
      ...backend,
      compile: (graph, options) => {
        told.push([options?.name, options?.fewRows]);
        return backend.compile(graph, options);
      },
    };
    (await createReportGenerator({ config, weights, tokenizer, backend: watching })).dispose();
    expect(told.slice(0, 2)).toEqual([
      ['reportGen.prefill', true],
      ['reportGen.decodeStep', true],
    ]);
  });

  it('leaves finished texts in the batch until they have cost what it costs to drop them', async () => {
    const rows: number[] = [];
    const live: number[] = [];
    const watching: Backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        const run: typeof executable.run = (inputs) => {
          if (options?.name === 'reportGen.decodeStep') rows.push(inputs['tokenIds']!.shape[0]!);
          return executable.run(inputs);
        };
        return { ...executable, run };
      },
    };
    const watched = await createReportGenerator({ config, weights, tokenizer, backend: watching });
    const found = await watched.generate(MANY, {
      maxLength: 20,
      onProgress: (event) => {
        if (event.type === 'token') live.push(event.activeSequences);
      },
    });
    // Three idle rows in the fourth step are fewer than a third of 24, with ten more in the fifth it is enough.
    expect(live.slice(2, 5)).toEqual([24, 21, 14]);
    expect(rows.slice(2, 5)).toEqual([24, 24, 14]);
    for (const row of [1, 6]) {
      const [alone] = await watched.generate(MANY.subarray(6 * row, 6 * row + 6), { maxLength: 20 });
      expect(found[row]!.tokenIds).toEqual(alone!.tokenIds);
    }
    watched.dispose();
  });

  it('refuses features and options that do not fit, and use after dispose', async () => {
    await expect(generator.generate(new Float32Array(7))).rejects.toThrow(
      /regionFeatures must be \[S, 6\], got 7/,
    );
    await expect(generator.generate(FEATURES, { numBeams: 5 })).rejects.toThrow(
      /numBeams must be an integer in \[1, 4\], got 5/,
    );
    const other = await createReportGenerator({ config, weights, tokenizer, backend });
    other.dispose();
    other.dispose();
    await expect(other.generate(FEATURES)).rejects.toThrow(/used after dispose/);
  });

  it('searches with as many beams as it was made for where a call names no number', async () => {
    const narrow = await createReportGenerator({ config, weights, tokenizer, backend, maxBeams: 2 });
    const [named] = await narrow.search(FEATURES, { numBeams: 2, maxLength: 6 });
    expect((await narrow.search(FEATURES, { maxLength: 6 }))[0]).toEqual(named);
    narrow.dispose();
    const wide = createReportGenerator({ config, weights, tokenizer, backend, maxBeams: 129 });
    await expect(wide).rejects.toThrow('maxBeams must be an integer in [1, 128], got 129');
  });

  it.each([true, false])(
    'writes the recent block over an older one where memory is reused: %s',
    async (reusesMemory) => {
      const overwritten = new Set<ArrayBufferLike>();
      let [runs, places] = [0, 0];
      const watching: Backend = {
        ...backend,
        reusesMemory,
        compile: async (graph, options) => {
          const executable = await backend.compile(graph, options);
          const run: typeof executable.run = async (inputs, given) => {
            const into = Object.entries(given?.into ?? {});
            runs += options?.name === 'reportGen.decodeStep' ? 1 : 0;
            places += into.length;
            const outputs = await executable.run(inputs, given);
            for (const [name, place] of into) {
              expect(name).toMatch(/^recent(Key|Value)/);
              expect(outputs[name]!.shape).toEqual(place.shape);
              if ('data' in place) overwritten.add(place.data.buffer);
            }
            return outputs;
          };
          return { ...executable, run };
        },
      };
      const watched = await createReportGenerator({ config, weights, tokenizer, backend: watching });
      await watched.generate(FEATURES, { numBeams: 1, maxLength: 12 });
      watched.dispose();
      const tensors = 2 * config.numLayers;
      // A compaction writes the block too.
      expect(places).toBeGreaterThanOrEqual(reusesMemory ? runs * tensors : 0);
      expect(places > 0).toBe(reusesMemory);
      expect(overwritten.size).toBeLessThan(reusesMemory ? places / 2 : 1);
    },
  );

  it('looks columns up only where some are to be dropped', async () => {
    const runs: string[] = [];
    const watching: Backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        const run: typeof executable.run = (inputs, given) => {
          runs.push(options!.name!);
          return executable.run(inputs, given);
        };
        return { ...executable, run };
      },
    };
    const watched = await createReportGenerator({ config, weights, tokenizer, backend: watching });
    const count = async (numBeams: number) => {
      runs.length = 0;
      await watched.generate(numBeams === 1 ? FEATURES.subarray(0, 6) : FEATURES, {
        numBeams,
        maxLength: 40,
        earlyStopping: false,
      });
      return ['compaction', 'merge'].map((name) => runs.filter((run) => run === `reportGen.${name}`).length);
    };
    // One for the hidden column that the recent block begins with.
    const [first, merges] = await count(1);
    expect(first).toBe(1);
    expect(merges).toBeGreaterThan(1);
    expect((await count(4))[0]).toBeGreaterThan(1);
    watched.dispose();
  });

  it('releases the stages that were compiled before one that cannot be', async () => {
    let open = 0;
    const failing: Backend = {
      ...backend,
      compile: async (graph, options) => {
        if (options?.name === 'reportGen.merge') throw new Error('out of memory');
        const executable = await backend.compile(graph, options);
        open += 1;
        return { ...executable, dispose: () => void (open -= 1) };
      },
    };
    const create = createReportGenerator({ config, weights, tokenizer, backend: failing });
    await expect(create).rejects.toThrow('out of memory');
    expect(open).toBe(0);
  });

  it('refuses weights of another architecture', async () => {
    const create = createReportGenerator({ config, weights: new Map(), tokenizer, backend });
    await expect(create).rejects.toThrow(/createReportGenerator: 39 keys do not fit/);
  });
});

describe('arrays of the recent block', () => {
  it('are two of each tensor in turn, and new ones where it outgrows them', () => {
    const arrays = new RecentArrays();
    const place = (columns: number) => arrays.places(['key', 'value'], [2, 1, columns, 3]);
    const [first, second, third] = [place(4), place(5), place(6)];
    expect(third['key']!.data.buffer).toBe(first['key']!.data.buffer);
    const others = [first['value']!, second['key']!, second['value']!].map(({ data }) => data.buffer);
    expect(new Set([first['key']!.data.buffer, ...others]).size).toBe(4);
    expect(third['key']!.shape).toEqual([2, 1, 6, 3]);
    expect(third['key']!.data).toHaveLength(36);
    place(1);
    expect(place(7)['key']!.data.buffer).not.toBe(first['key']!.data.buffer);
  });
});

describe('the visibility of cached columns', () => {
  const step = (previousSequence: number, parents: number[]): StepInput => ({
    previousSequence,
    parents,
    tokenIds: parents,
  });

  it('follows the parents of each beam', () => {
    let visible = followBeams([[[0]]], [step(0, [0])], 1);
    visible = followBeams(visible, [step(0, [0, 0])], 2);
    visible = followBeams(visible, [step(0, [1, 0])], 4);
    expect(visible).toEqual([
      [
        [0, 1, 3, 4],
        [0, 1, 2, 5],
      ],
    ]);
    const mask = toVisibilityTensor(visible, 6);
    expect([...mask.data]).toEqual([0, 0, -10000, 0, 0, -10000, 0, 0, 0, -10000, -10000, 0]);
  });

  it('is renamed when dead columns and finished sequences go', () => {
    const visible = [
      [
        [0, 1, 5],
        [0, 1, 4],
      ],
      [
        [0, 1, 3],
        [0, 1, 3],
      ],
    ];
    const plan = planCompaction(visible, [1, 0], { length: 6, numHeads: 2 });
    expect(plan.length).toBe(4);
    expect(plan.visible).toEqual([
      [
        [0, 1, 2],
        [0, 1, 2],
      ],
      [
        [0, 1, 3],
        [0, 1, 2],
      ],
    ]);
    expect(plan.rows.shape).toEqual([2, 2, 4]);
    expect([...plan.rows.data]).toEqual([12, 13, 15, 12, 18, 19, 21, 18, 0, 1, 4, 5, 6, 7, 10, 11]);
  });

  it('moves recent columns to the past where that gives back the fewest columns', () => {
    const given = (every: number) => {
      let [total, recent, columns] = [0, 1, 100];
      for (let step = 1; step <= 60; step++) {
        if (every === 0 ? isWorthMerging(recent, { length: columns, beams: 2 }) : step % every === 0) {
          total += columns;
          recent = 1;
        }
        [recent, columns] = [recent + 2, columns + 2];
        total += recent;
      }
      return total;
    };
    const fixed = Array.from({ length: 60 }, (_, index) => given(index + 1));
    expect(given(0)).toBeLessThan(1.1 * Math.min(...fixed));
  });

  it('is worth compacting where a third of the columns would go, and more than eight', () => {
    expect(
      countLive([
        [
          [0, 1, 4],
          [0, 2],
        ],
        [[0, 3]],
      ]),
    ).toBe(4);
    expect([20, 19, 18].map((live) => isWorthCompacting(live, 28))).toEqual([false, false, true]);
    expect([9, 8].map((live) => isWorthCompacting(live, 17))).toEqual([false, true]);
  });

  it('drops finished texts after a third as many idle steps of a row as there are rows', () => {
    expect([0, 13, 14].map((idle) => isWorthDropping(idle, 40))).toEqual([false, false, true]);
    expect([0, 1, 2].map((idle) => isWorthDropping(idle, 3))).toEqual([false, true, true]);
  });

  it('keeps two columns at least, the second hidden where only one is seen', () => {
    const plan = planCompaction([[[0]]], [0], { length: 2, numHeads: 1 });
    expect([...plan.rows.data]).toEqual([0, 0]);
    expect(plan.visible).toEqual([[[0]]]);
  });
});
