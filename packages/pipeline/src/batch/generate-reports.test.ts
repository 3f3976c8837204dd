import { createOnnxBackend } from '@crrg/backend-onnx';
import { BackendError, type ProgressEvent } from '@crrg/core';
import type { GreyImage } from '@crrg/image';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { microModel } from '../__fixtures__/micro-model.js';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import { collect, noiseFilm, withoutTimes } from '../__fixtures__/streams.js';
import {
  createReportPipeline,
  generateReports,
  type ImageSource,
  type Report,
  type ReportPipeline,
} from '../node.js';

let backend: Backend;
let pipeline: ReportPipeline<ImageSource>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  pipeline = await createReportPipeline({ model: microModel(), classifier: microRclip(), backend });
});
afterAll(() => {
  pipeline.dispose();
  backend.dispose();
});

const FILMS = [1, 2, 3, 4, 5].map((seed) => noiseFilm(seed, 150 + 10 * seed));
const FAST = { numBeams: 1, maxLength: 4 };
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Films one after the other, told to `log`, which may be read to see how far the source is. */
function* watched(films: readonly GreyImage[], log: number[]) {
  for (const [index, film] of films.entries()) {
    log.push(index);
    yield film;
  }
}

/** Numbers that may differ in rounding, to the precision that they agree in. */
function rounded({ regions, findings, ...report }: ReturnType<typeof withoutTimes>) {
  const round = (value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1e3) / 1e3 : value;
  return JSON.parse(JSON.stringify({ ...report, regions, findings }, (_, value) => round(value))) as Report;
}

describe('reports of many films', () => {
  it.each([1, 4])('are those of one film after the other, in order: %i beams', async (numBeams) => {
    const options = { numBeams, classify: true } as const;
    const given = await collect(pipeline.generateReports(FILMS, { ...options, batchSize: 3 }));
    expect(given.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    for (const { index, report } of given) {
      const alone = await pipeline.generateReport(FILMS[index]!, options);
      expect(report!.findings.map(({ sentence }) => sentence)).toEqual(
        alone.findings.map(({ sentence }) => sentence),
      );
      expect(rounded(withoutTimes(report!))).toEqual(rounded(withoutTimes(alone)));
    }
  });

  it('go through the networks batchSize at a time', async () => {
    const runs = async (batchSize: number | undefined) => {
      const stages: string[] = [];
      const onProgress = (event: ProgressEvent) => {
        if (event.type === 'stage-start') stages.push(event.stage);
      };
      await collect(pipeline.generateReports(FILMS, { ...FAST, batchSize, onProgress }));
      return ['detector', 'reportGen', 'assemble'].map(
        (name) => stages.filter((stage) => stage === name).length,
      );
    };
    expect(await runs(2)).toEqual([3, 3, 5]);
    expect(await runs(undefined)).toEqual([2, 2, 5]);
    expect(await runs(1)).toEqual([5, 5, 5]);
  });

  it('share what they took together, so that the times of all add up', async () => {
    const ends: Record<string, number> = {};
    const onProgress = (event: ProgressEvent) => {
      if (event.type === 'stage-end') ends[event.stage] = (ends[event.stage] ?? 0) + event.durationMs;
    };
    const given = await collect(pipeline.generateReports(FILMS.slice(0, 4), { ...FAST, onProgress }));
    for (const stage of ['detector', 'assemble']) {
      const total = given.reduce((sum, { report }) => sum + report!.provenance.durations[stage]!, 0);
      expect(Math.abs(total - ends[stage]!)).toBeLessThan(0.5);
    }
  });

  it('are none for no films', async () => {
    expect(await collect(pipeline.generateReports([]))).toEqual([]);
  });

  it('are made, and everything released, by one function', async () => {
    const before = backend.liveTensors();
    const given = await collect(
      generateReports(FILMS.slice(0, 2), { model: microModel(), backend, ...FAST }),
    );
    expect(given.map(({ report }) => report!.input.width)).toEqual([160, 170]);
    expect(backend.liveTensors()).toBe(before);
  });
});

describe('a film that has no report', () => {
  it('has an error in its place, whoever refuses it, and the others go on', async () => {
    const broken = () => {
      throw new Error('not in the archive');
    };
    const flat = noiseFilm(9, 8, 8);
    const films = [FILMS[0]!, 'no-such-film.png', broken, flat, () => Promise.resolve(FILMS[1]!)];
    const given = await collect(pipeline.generateReports(films, { ...FAST, batchSize: 5 }));
    expect(given.map(({ report, error }) => report?.input.width ?? error!.message)).toEqual([
      160,
      expect.stringContaining('no-such-film.png'),
      'not in the archive',
      expect.stringContaining('got 8x8'),
      170,
    ]);
    expect(given[1]!.error).toMatchObject({ code: 'IMAGE' });
  });

  it('may be refused before the networks run or for its sentences, where the caller is strict', async () => {
    const dark = { ...noiseFilm(3), bitDepth: 8 as const };
    dark.data.fill(7);
    const films = [dark, FILMS[0]!];
    const plain = await collect(pipeline.generateReports(films, FAST));
    expect(plain.every(({ report }) => report !== undefined && report.doubts.length > 0)).toBe(true);
    const strict = await collect(pipeline.generateReports(films, { ...FAST, strict: true }));
    for (const { error } of strict)
      expect(error).toMatchObject({ code: 'IMAGE', details: { doubts: expect.anything() as unknown } });
  });

  it('is the end of all where it is no fault of the film, after the films before it', async () => {
    const runs = vi.fn();
    const failing: Backend = {
      ...backend,
      compile: async (graph, options) => {
        const executable = await backend.compile(graph, options);
        const run: typeof executable.run = async (inputs) => {
          if (options?.name === 'regionSelector' && runs.mock.calls.length >= 1)
            throw new BackendError('test: out of memory.');
          if (options?.name === 'regionSelector') runs();
          return executable.run(inputs);
        };
        return { ...executable, run, dispose: () => executable.dispose() };
      },
    };
    const ailing = await createReportPipeline({ model: microModel(), backend: failing });
    const stream = ailing.generateReports(FILMS, { ...FAST, batchSize: 2 });
    expect([(await stream.next()).value!.index, (await stream.next()).value!.index]).toEqual([0, 1]);
    await expect(stream.next()).rejects.toThrow('out of memory');
    expect((await stream.next()).done).toBe(true);
    ailing.dispose();
    await expect(collect(ailing.generateReports(FILMS))).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('the source of films', () => {
  it('is at most two batches ahead of the loop, and as far while the loop stands still', async () => {
    const pulled: number[] = [];
    const films = [...FILMS, ...FILMS, ...FILMS];
    let taken = 0;
    for await (const { index } of pipeline.generateReports(watched(films, pulled), {
      ...FAST,
      batchSize: 2,
    })) {
      taken = index + 1;
      if (index === 3) await settled();
      expect(pulled.length - taken).toBeLessThanOrEqual(4);
    }
    expect(taken).toBe(15);
    const stream = pipeline.generateReports(watched(films, (pulled.splice(0), pulled)), {
      ...FAST,
      batchSize: 2,
    });
    await stream.next();
    for (let wait = 0; wait < 10; wait++) await settled();
    expect(pulled).toEqual([0, 1, 2, 3]);
    await stream.return!();
  });

  it('is not touched before the loop starts, and is let go when the loop is left', async () => {
    const log: string[] = [];
    async function* source() {
      try {
        log.push('opened');
        yield* FILMS;
      } finally {
        log.push('closed');
      }
    }
    const stream = pipeline.generateReports(source(), { ...FAST, batchSize: 1 });
    await settled();
    expect(log).toEqual([]);
    for await (const { index } of stream) if (index === 1) break;
    await settled();
    expect(log).toEqual(['opened', 'closed']);
  });

  it('that fails ends the loop with its error, after the films before it', async () => {
    async function* source() {
      yield FILMS[0]!;
      yield FILMS[1]!;
      yield FILMS[2]!;
      throw new Error('disk is gone');
    }
    const stream = pipeline.generateReports(source(), { ...FAST, batchSize: 2 });
    for (const index of [0, 1, 2]) expect((await stream.next()).value).toMatchObject({ index });
    await expect(stream.next()).rejects.toThrow('disk is gone');
  });

  it('that never gives its next film does not keep an abort or a leaver waiting', async () => {
    async function* source() {
      yield FILMS[0]!;
      await new Promise(() => undefined);
    }
    const controller = new AbortController();
    const stopped = collect(pipeline.generateReports(source(), { ...FAST, signal: controller.signal }));
    await settled();
    controller.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    for await (const { index } of pipeline.generateReports(source(), { ...FAST, batchSize: 1 })) {
      expect(index).toBe(0);
      break;
    }
  });

  it.each<[string, unknown]>([
    ['one film by its name', 'film.png'],
    ['the bytes of one film', new Uint8Array(4)],
    ['nothing', undefined],
    ['one picture', FILMS[0]],
  ])('is no %s', async (_, films) => {
    await expect(collect(pipeline.generateReports(films as []))).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('expected a list or an iterator of films') as string,
    });
  });

  it.each([0, -1, 1.5, NaN])('is not read %d films at a time', async (batchSize) => {
    await expect(collect(pipeline.generateReports(FILMS, { batchSize }))).rejects.toThrow(
      `expected batchSize to be a whole number of films, at least 1, got ${batchSize}`,
    );
  });
});

describe('batches in the queue of a pipeline', () => {
  it('stop at an abort with its reason, release everything and let the next call in', async () => {
    const before = backend.liveTensors();
    const controller = new AbortController();
    const stopped = collect(
      pipeline.generateReports(FILMS, {
        signal: controller.signal,
        onProgress: (event) => {
          if (event.type === 'token' && event.step === 2) controller.abort(new Error('enough'));
        },
      }),
    );
    await expect(stopped).rejects.toThrow('enough');
    expect(backend.liveTensors()).toBe(before);
    expect((await pipeline.generateReport(FILMS[0]!, FAST)).input.width).toBe(160);
  });

  it('let other calls in between them, also while the loop stands still', async () => {
    const stream = pipeline.generateReports(FILMS, { ...FAST, batchSize: 1 });
    await stream.next();
    expect((await pipeline.generateReport(FILMS[4]!, FAST)).input.width).toBe(200);
    expect((await stream.next()).value).toMatchObject({ index: 1 });
    await stream.return!();
  });
});
