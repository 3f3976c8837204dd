import { createOnnxBackend } from '@crrg/backend-onnx';
import { BackendError, ConfigError, DisposedError, ImageError, type ProgressEvent } from '@crrg/core';
import { encodePng, greyImage } from '@crrg/image';
import { tokenOverlapSimilarity } from '@crrg/report-gen';
import type { Backend } from '@crrg/tensor';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { microModel } from '../__fixtures__/micro-model.js';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import { collect, noiseFilm, withoutTimes } from '../__fixtures__/streams.js';
import { microEntry, microThread } from '../__fixtures__/micro-worker.js';
import { createReportPipeline, loadRadiograph, type ImageSource, type ReportPipeline } from '../node.js';
import type { Thread } from './messages.js';
import { openClassifierInWorker } from './worker-classifier.js';
import { openPipelineInWorker } from './worker-pipeline.js';

const IMAGE = noiseFilm(1);
const FAST = { numBeams: 1, maxLength: 3 };
const threadsOf = (thread: () => Thread) => ({
  processors: 2,
  sharesMemory: true,
  start: thread,
  addressOf: (model: string) => model,
  readFilm: (film: unknown) => loadRadiograph(film as never),
});
const open = (thread: Thread = microThread(), options: object = {}) =>
  openPipelineInWorker<ImageSource, never>(
    threadsOf(() => thread),
    { worker: true, ...options },
  );
const openClassifier = (thread: Thread = microThread()) =>
  openClassifierInWorker<ImageSource, never>(
    threadsOf(() => thread),
    { worker: true },
  );
let folder: string;
let file: string;
let engine: Backend;
let here: ReportPipeline<ImageSource>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-worker-'));
  file = path.join(folder, 'film.png');
  await writeFile(file, encodePng(IMAGE));
  engine = await createOnnxBackend({ threads: 1 });
  here = await createReportPipeline({ model: microModel(), classifier: microRclip(), backend: engine });
});
afterAll(async () => {
  here.dispose();
  engine.dispose();
  await rm(folder, { recursive: true });
});

describe('a pipeline in a worker', () => {
  it('says what it says without one', async () => {
    const pipeline = await open();
    const options = { ...FAST, classify: true, similarity: tokenOverlapSimilarity } as const;
    const { classification, ...there } = await pipeline.generateReport(file, options);
    const { classification: expected, ...report } = await here.generateReport(file, options);
    expect(withoutTimes(there)).toEqual(withoutTimes(report));
    expect(classification).toEqual(expected);
    const box = { x1: 10, y1: 10, x2: 90, y2: 90 };
    expect(await pipeline.describeRegion(IMAGE, { box }, FAST)).toEqual(
      await here.describeRegion(IMAGE, { box }, FAST),
    );
    const { config } = microModel();
    expect(pipeline.model).toEqual({ name: 'micro', version: '1', sha256: '0'.repeat(64), config });
    pipeline.dispose();
  });

  it('reads every kind of film', async () => {
    const classifier = await openClassifier();
    const png = new Uint8Array(encodePng(IMAGE));
    const deep = greyImage(
      200,
      150,
      Uint16Array.from(IMAGE.data, (value) => value * 257),
    );
    const films = [
      IMAGE,
      deep,
      await loadRadiograph(file),
      file,
      pathToFileURL(file),
      png,
      png.buffer as ArrayBuffer,
      Buffer.from(png),
      new Blob([png]),
      new File([png], 'named.png'),
    ];
    const { classification } = await classifier.classify(IMAGE, { explain: true });
    for (const film of films) {
      const there = await classifier.classify(film, { explain: true });
      expect(there.classification).toEqual(classification);
      expect(there.input).toEqual((await loadRadiograph(film)).input);
    }
    expect(classification.map(({ label, heatMap }) => [label, heatMap !== undefined])).toEqual([
      ['Pneumonia', true],
      ['Effusion', true],
    ]);
    expect(classifier.model.name).toBe('micro-rclip');
    classifier[Symbol.dispose]();
    await expect(classifier.classify(IMAGE)).rejects.toThrow('classifier: used after dispose()');
  });

  it('sends a copy of the pixels alone, whose memory goes along; the caller keeps every buffer', async () => {
    const thread = microThread();
    const classifier = await openClassifier(thread);
    const large = new Uint8Array(new ArrayBuffer(1_000_000), 500_000, 30_000);
    large.set(IMAGE.data);
    const png = new Uint8Array(encodePng(IMAGE));
    const films = [greyImage(200, 150, large), png, Buffer.from(png), png.buffer as ArrayBuffer, IMAGE];
    for (const film of films) await classifier.classify(film);
    expect(large.buffer.byteLength).toBe(1_000_000);
    expect(IMAGE.data).toHaveLength(30_000);
    expect(png.buffer.byteLength).toBe(png.length);
    const calls = thread.posted.filter(({ type }) => type === 'call').slice(1);
    expect(calls.map(({ transferred }) => transferred)).toEqual(films.map(() => 1));
    classifier.dispose();
  });

  it('tells progress and warnings only to who listens', async () => {
    const warnings: string[] = [];
    const pipeline = await open(microThread(), {
      backend: 'odd',
      onWarning: (text: string) => warnings.push(text),
    });
    expect(warnings).toEqual(['no odd']);
    const [there, expected]: ProgressEvent[][] = [[], []];
    await pipeline.generateReport(IMAGE, { ...FAST, onProgress: (event) => there!.push(event) });
    await here.generateReport(IMAGE, { ...FAST, onProgress: (event) => expected!.push(event) });
    const types = (events: ProgressEvent[]) => events.map(({ type }) => type);
    expect(types(there!)).toEqual(types(expected!));
    pipeline.dispose();
  });

  it('breaks a call off whose listener throws', async () => {
    const pipeline = await open();
    const call = pipeline.generateReport(IMAGE, {
      ...FAST,
      onProgress: () => {
        throw new Error('mine');
      },
    });
    await expect(call).rejects.toThrow('mine');
    pipeline.dispose();
  });
});

describe('streams of a worker', () => {
  it('tell of a report what they tell without one', async () => {
    const pipeline = await open();
    const options = { ...FAST, classify: true } as const;
    const events = await collect(pipeline.streamReport(IMAGE, options));
    const expected = await collect(here.streamReport(IMAGE, options));
    expect(events.slice(0, -1)).toEqual(expected.slice(0, -1));
    expect(events.at(-1)!.type).toBe('report');
    expect(events.length).toBeGreaterThan(3);
    await expect(collect(pipeline.streamReport(new Uint8Array(9)))).rejects.toBeInstanceOf(ImageError);
    pipeline.dispose();
  });

  it('give a report or an error for each of many films, in order, and take films as they are needed', async () => {
    const pipeline = await open();
    const taken: number[] = [];
    let isOver = false;
    async function* films() {
      try {
        for (let at = 0; at < 100; at++) {
          taken.push(at);
          if (at === 0) yield noiseFilm(1);
          else if (at === 1) yield 'no-such-film.png';
          else if (at === 2)
            yield () => {
              throw new RangeError('not mine');
            };
          else if (at === 3) yield 7 as never;
          else yield () => Promise.resolve(noiseFilm(at));
        }
      } finally {
        isOver = true;
      }
    }
    const results = [];
    for await (const result of pipeline.generateReports(films(), { ...FAST, batchSize: 2 })) {
      results.push(result);
      if (result.index === 5) break;
    }
    expect(results.map(({ index, report }) => [index, report !== undefined])).toEqual([
      [0, true],
      [1, false],
      [2, false],
      [3, false],
      [4, true],
      [5, true],
    ]);
    expect(results.slice(1, 4).map(({ error }) => error!.name)).toEqual([
      'ImageError',
      'RangeError',
      'ImageError',
    ]);
    expect(withoutTimes(results[4]!.report!)).toEqual(
      withoutTimes(await here.generateReport(noiseFilm(4), FAST)),
    );
    expect(taken.length).toBeLessThan(12);
    await pipeline.idle();
    await vi.waitFor(() => expect(isOver).toBe(true));
    expect((await pipeline.generateReport(IMAGE, FAST)).regions).toHaveLength(29);
    pipeline.dispose();
  });

  it('fail with what concerns no single film', async () => {
    const pipeline = await open();
    async function* broken() {
      yield IMAGE;
      throw new RangeError('no more');
    }
    const results: number[] = [];
    const walk = async () => {
      for await (const { index } of pipeline.generateReports(broken(), FAST)) results.push(index);
    };
    await expect(walk()).rejects.toThrow(new RangeError('no more'));
    expect(results).toEqual([0]);
    await expect(collect(pipeline.generateReports('film.png' as never))).rejects.toBeInstanceOf(ConfigError);
    await expect(collect(pipeline.generateReports([IMAGE], { batchSize: 0 }))).rejects.toThrow('batchSize');
    pipeline.dispose();
  });

  it('end with an abort, and with the pipeline', async () => {
    const pipeline = await open();
    const controller = new AbortController();
    const walk = async () => {
      for await (const { type } of pipeline.streamReport(IMAGE, { signal: controller.signal }))
        if (type === 'regions') controller.abort(new Error('enough'));
    };
    await expect(walk()).rejects.toThrow('enough');
    const stream = pipeline.streamReport(IMAGE);
    expect((await stream.next()).done).toBe(false);
    pipeline.dispose();
    await expect(collect(stream)).rejects.toBeInstanceOf(DisposedError);
  });
});

describe('errors in a worker', () => {
  it('arrive as they were thrown', async () => {
    const pipeline = await open();
    const bad = await pipeline.generateReport(new Uint8Array(20)).catch((error: unknown) => error);
    const expected = await here.generateReport(new Uint8Array(20)).catch((error: unknown) => error);
    expect(bad).toBeInstanceOf(ImageError);
    expect(bad).toMatchObject({ ...(expected as ImageError), message: (expected as ImageError).message });
    const flat = greyImage(64, 64, new Uint8Array(64 * 64));
    await expect(pipeline.generateReport(flat, { strict: true })).rejects.toMatchObject({
      code: 'IMAGE',
      details: { doubts: expect.arrayContaining([expect.objectContaining({ code: 'nearly-empty' })]) },
    });
    await expect(pipeline.describeRegion(IMAGE, { region: 'nose' as never })).rejects.toBeInstanceOf(
      ConfigError,
    );
    expect((await pipeline.generateReport(IMAGE, FAST)).regions).toHaveLength(29);
    pipeline.dispose();
  });

  it('say what a film is not, also where it cannot be sent', async () => {
    const pipeline = await open();
    for (const film of [() => 1, null, 7, { data: () => 1 }, { width: 2, height: 2, data: [1, 2] }]) {
      const expected = await here.generateReport(film as never).catch((error: Error) => error.message);
      await expect(pipeline.generateReport(film as never)).rejects.toThrow(expected as string);
    }
    pipeline.dispose();
  });

  it.each([
    ['backend', { compile: () => expect.fail('used') }],
    ['model', microModel()],
    ['classifier', microRclip()],
  ])('refuse a %s that cannot be sent before anything is started', async (field, value) => {
    const start = vi.fn(() => microThread());
    const options = { worker: true, [field]: value } as const;
    await expect(openPipelineInWorker(threadsOf(start), options)).rejects.toThrow(
      `as ${field} where a worker runs it, got an object`,
    );
    expect(start).not.toHaveBeenCalled();
  });

  it('refuse a similarity of the caller', async () => {
    const thread = microThread();
    const pipeline = await open(thread);
    const similarity = { name: 'mine', compare: () => 1 };
    await expect(pipeline.generateReport(IMAGE, { similarity })).rejects.toThrow(
      /^pipeline\.generateReport: .*similarity of your own/,
    );
    expect(thread.posted.map(({ type }) => type)).toEqual(['call']);
    pipeline.dispose();
  });

  it('end the thread where the model cannot be loaded', async () => {
    const broken = {
      ...microEntry(),
      loadBackend: () => Promise.reject(new BackendError('test: no engine', { details: { at: 1 } })),
    };
    const thread = microThread(broken);
    await expect(open(thread)).rejects.toMatchObject({ code: 'BACKEND', details: { at: 1 } });
    await vi.waitFor(() => expect(thread.posted.at(-1)!.type).toBe('close'));
  });

  it('name a worker script of another version', async () => {
    const thread = microThread();
    const listen: Thread['listen'] = (listener) =>
      thread.listen((answer) =>
        listener(answer.type === 'ready' ? { ...answer, protocol: 'old/1' } : answer),
      );
    await expect(open({ ...thread, listen })).rejects.toThrow(/expected a worker that speaks .*, got old\/1/);
  });
});

describe('an abort', () => {
  it('reaches a running call, and the next one runs', async () => {
    const pipeline = await open();
    const controller = new AbortController();
    const stages: string[] = [];
    const call = pipeline.generateReport(IMAGE, {
      numBeams: 4,
      signal: controller.signal,
      onProgress(event) {
        stages.push(event.type === 'token' ? 'token' : event.type === 'stage-start' ? event.stage : '');
        if (event.type === 'token') controller.abort(new Error('enough'));
      },
    });
    await expect(call).rejects.toThrow('enough');
    expect(await call.catch((error: unknown) => error)).toBe(controller.signal.reason);
    const before = stages.length;
    await pipeline.idle();
    expect(stages.slice(before)).not.toContain('assemble');
    expect((await pipeline.generateReport(IMAGE, FAST)).regions).toHaveLength(29);
    await expect(pipeline.generateReport(IMAGE, { signal: controller.signal })).rejects.toThrow('enough');
    pipeline.dispose();
  });

  it('while it opens ends the thread', async () => {
    const thread = microThread();
    const controller = new AbortController();
    const opening = open(thread, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
  });
});

describe('the end of a worker', () => {
  it('rejects who waits and who comes later; disposing is idempotent', async () => {
    const pipeline = await open();
    const calls = [1, 2, 3].map(() => pipeline.generateReport(IMAGE, FAST));
    pipeline.dispose();
    pipeline[Symbol.dispose]();
    for (const call of [...calls, pipeline.describeRegion(IMAGE, { box: { x1: 0, y1: 0, x2: 9, y2: 9 } })])
      await expect(call).rejects.toBeInstanceOf(DisposedError);
    expect((await pipeline.ended).message).toContain('pipeline: used after dispose()');
  });

  it('that nobody asked for is a BackendError that says so', async () => {
    const thread = microThread();
    const pipeline = await open(thread);
    const calls = [1, 2].map(() => pipeline.generateReport(IMAGE, FAST));
    thread.end('it ran out of memory');
    for (const call of [...calls, pipeline.generateReport(IMAGE)]) {
      await expect(call).rejects.toBeInstanceOf(BackendError);
      await expect(call).rejects.toThrow(
        /got one that ended \(it ran out of memory\); create a new pipeline/,
      );
    }
  });
});
