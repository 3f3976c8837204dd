import { BackendError, DisposedError, createRandom } from '@crrg/core';
import { greyImage, rgbImage } from '@crrg/image';
import type { Backend } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it, vi } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import { microRclip } from './__fixtures__/micro-rclip.js';
import type { RclipModel } from './models/rclip-model.js';
import { compileReportNetworks } from './networks.js';
import { createReportPipeline } from './node.js';
import { openClassifier } from './radiograph-classifier.js';
import { radiographOfPixels } from './radiograph.js';
import { openPipeline } from './report-pipeline.js';
import type { Runtime } from './runtime.js';
import { createStopwatch } from './stopwatch.js';

const random = createRandom(1);
const IMAGE = greyImage(
  200,
  150,
  Uint8Array.from({ length: 30_000 }, () => random.integer(256)),
);
const RADIOGRAPH = { image: IMAGE, input: { file: null, width: 200, height: 150, sha256: '' }, doubts: [] };

/** Lets stages that were compiled on first use be released: they are promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A reference backend that counts what is compiled and released; compiling a graph called `failing` throws. */
function countingBackend(failing?: string) {
  const counts = { compiled: 0, released: 0, backend: 0 };
  const inner = createReferenceBackend();
  const backend: Backend = {
    ...inner,
    async compile(graph, options) {
      if (failing !== undefined && options?.name === failing) throw new BackendError('test: out of memory.');
      const executable = await inner.compile(graph, options);
      counts.compiled += 1;
      let isReleased = false;
      return {
        ...executable,
        dispose() {
          if (!isReleased) counts.released += 1;
          isReleased = true;
          executable.dispose();
        },
      };
    },
    dispose: () => void (counts.backend += 1),
  };
  return { backend, counts };
}

describe('what a pipeline makes', () => {
  it.each([
    'regionSelector',
    'reportGen.prefill',
    'reportGen.decodeStep',
    'reportGen.compaction',
    'reportGen.merge',
  ])('is released where %s cannot be compiled', async (failing) => {
    const { backend, counts } = countingBackend(failing);
    await expect(compileReportNetworks(microModel(), backend)).rejects.toThrow('out of memory');
    expect(counts.released).toBe(counts.compiled);
    expect(counts.backend).toBe(0);
  });

  it.each([true, false])('is released with it, the backend where it chose one: %s', async (isChosen) => {
    const { backend, counts } = countingBackend();
    const pipeline = await openPipeline(runtimeOf(backend), { backend: isChosen ? 'any' : backend });
    await pipeline.generateReport(RADIOGRAPH, { numBeams: 1, maxLength: 3 });
    pipeline.dispose();
    pipeline.dispose();
    await settled();
    expect(counts.compiled).toBeGreaterThan(4);
    expect([counts.released, counts.backend]).toEqual([counts.compiled, isChosen ? 1 : 0]);
  });

  it('includes the classifier of a report', async () => {
    const { backend, counts } = countingBackend();
    const pipeline = await createReportPipeline({ model: microModel(), classifier: microRclip(), backend });
    await pipeline.generateReport(IMAGE, { numBeams: 1, maxLength: 3, classify: true });
    pipeline.dispose();
    await settled();
    expect([counts.released, counts.backend]).toEqual([counts.compiled, 0]);
  });
});

/** A runtime with the models of the tests, whose engine, by whatever name, is `backend`. */
function runtimeOf(backend: Backend): Runtime<never, RclipModel, string> {
  return {
    loadRadiograph: async (source) => ('image' in source ? source : radiographOfPixels(source)),
    loadModel: async () => microModel(),
    loadClassifierModel: async (model) => model ?? microRclip(),
    loadBackend: async () => backend,
  };
}

describe('an engine chosen by name', () => {
  const FAST = { numBeams: 1, maxLength: 3 };

  it('belongs to the pipeline, which releases it once, and is over then', async () => {
    const { backend, counts } = countingBackend();
    const pipeline = await openPipeline(runtimeOf(backend), { backend: 'any' });
    await pipeline.generateReport(IMAGE, { ...FAST, classify: true });
    pipeline.dispose();
    pipeline.dispose();
    await settled();
    expect([counts.released, counts.backend]).toEqual([counts.compiled, 1]);
    await expect(pipeline.generateReport(IMAGE)).rejects.toBeInstanceOf(DisposedError);
  });

  it('has one classifier, loaded when a report first asks for it', async () => {
    const { backend } = countingBackend();
    const loaded = vi.fn(async () => microRclip());
    const pipeline = await openPipeline({ ...runtimeOf(backend), loadClassifierModel: loaded }, { backend });
    await pipeline.generateReport(IMAGE, FAST);
    expect(loaded).not.toHaveBeenCalled();
    for (let report = 0; report < 2; report++)
      await pipeline.generateReport(IMAGE, { ...FAST, classify: true });
    expect(loaded).toHaveBeenCalledOnce();
    pipeline.dispose();
  });

  it('is released where the pipeline cannot be made; a backend that was given is not', async () => {
    for (const [choice, released] of [
      ['by name', 1],
      ['given', 0],
    ] as const) {
      const { backend, counts } = countingBackend('regionSelector');
      const options = { backend: choice === 'given' ? backend : 'any' };
      await expect(openPipeline(runtimeOf(backend), options)).rejects.toThrow('out of memory');
      expect([choice, counts.backend]).toEqual([choice, released]);
    }
  });

  it('is released where the classifier cannot be made', async () => {
    const { backend, counts } = countingBackend();
    const bare = { ...microRclip(), config: { ...microRclip().config, probe: null } };
    await expect(openClassifier(runtimeOf(backend), { classifier: bare })).rejects.toThrow('a probe');
    expect(counts.backend).toBe(1);
  });

  it('belongs to the classifier, which releases it once, and is over then', async () => {
    const { backend, counts } = countingBackend();
    const classifier = await openClassifier(runtimeOf(backend), {});
    await classifier.classify(IMAGE);
    classifier.dispose();
    classifier[Symbol.dispose]();
    await settled();
    expect(counts.compiled).toBe(1);
    expect([counts.released, counts.backend]).toEqual([1, 1]);
    await expect(classifier.classify(IMAGE)).rejects.toThrow('classifier: used after dispose()');
  });

  it('compiles nothing for a classifier that arrives after the pipeline is over', async () => {
    const { backend, counts } = countingBackend();
    const runtime = {
      ...runtimeOf(backend),
      loadClassifierModel: async () => {
        pipeline.dispose();
        return microRclip();
      },
    };
    const pipeline = await openPipeline(runtime, { backend });
    const before = counts.compiled;
    const report = pipeline.generateReport(IMAGE, { ...FAST, classify: true });
    await expect(report).rejects.toThrow('pipeline: used after dispose()');
    await settled();
    expect([counts.compiled, counts.released]).toEqual([before, before]);
  });
});

describe('the queue of a pipeline', () => {
  it('lets an aborted call leave at once, and never runs it', async () => {
    const pipeline = await createReportPipeline({ model: microModel(), backend: createReferenceBackend() });
    const running: string[] = [];
    const call = (name: string, signal?: AbortSignal) =>
      pipeline
        .generateReport(IMAGE, {
          numBeams: 1,
          maxLength: 3,
          signal,
          onProgress: ({ type }) => void (type === 'stage-start' && running.push(name)),
        })
        .finally(() => running.push(`${name} over`));
    const controller = new AbortController();
    const first = call('first');
    const waiting = call('waiting', controller.signal);
    const last = call('last');
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(running).not.toContain('first over');
    await Promise.all([first, last]);
    expect(running).not.toContain('waiting');
    await expect(call('late', controller.signal)).rejects.toThrow('enough');
    pipeline.dispose();
  });

  it('does not read the picture of a call that was aborted', async () => {
    const plain = runtimeOf(createReferenceBackend());
    const read = vi.fn(plain.loadRadiograph);
    const runtime = { ...plain, loadRadiograph: read };
    const pipeline = await openPipeline(runtime, {});
    const controller = new AbortController();
    const options = { numBeams: 1, maxLength: 3 };
    const first = pipeline.generateReport(IMAGE, options);
    const aborted = pipeline.generateReport(IMAGE, { ...options, signal: controller.signal });
    const last = pipeline.generateReport(IMAGE, options);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await Promise.all([first, last]);
    expect(read).toHaveBeenCalledTimes(2);
    pipeline.dispose();
  });

  it('starts no stage after an abort', async () => {
    const controller = new AbortController();
    const watch = createStopwatch({ signal: controller.signal });
    expect(await watch.time('first', () => 1)).toBe(1);
    controller.abort(new Error('enough'));
    const work = vi.fn();
    await expect(watch.time('second', work)).rejects.toThrow('enough');
    expect(work).not.toHaveBeenCalled();
    expect(Object.keys(watch.durations())).toEqual(['first']);
  });
});

describe('a radiograph of pixels', () => {
  it('has the hash of its own pixels, wherever they lie in their buffer', async () => {
    const shared = Uint8Array.from({ length: 40 }, (_, at) => at);
    const part = await radiographOfPixels(greyImage(5, 4, shared.subarray(10, 30)));
    const alone = await radiographOfPixels(greyImage(5, 4, shared.slice(10, 30)));
    expect(part.input).toEqual(alone.input);
    expect((await radiographOfPixels(greyImage(5, 4, shared.subarray(11, 31)))).input.sha256).not.toBe(
      alone.input.sha256,
    );
  });

  it('is refused where the pixels are no grey picture', async () => {
    const colour = rgbImage(2, 2, new Uint8Array(12));
    await expect(radiographOfPixels(colour as never)).rejects.toThrow('pipeline.loadRadiograph: ');
    await expect(radiographOfPixels({ ...IMAGE, width: 7 })).rejects.toThrow('pipeline.loadRadiograph: ');
  });
});
