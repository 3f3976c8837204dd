import { getEventListeners } from 'node:events';
import { float32, trace } from '@crrg/tensor';
import { describe, expect, it, vi } from 'vitest';
import { createOnnxBackend } from './index.js';
import type { OrtModule } from './options.js';

const graph = trace({ inputs: { x: { shape: [1] } } }, (ops, { inputs }) => ({ y: ops.neg(inputs['x']!) }));

/** An engine whose sessions are created and run when the test says so. */
function fakeEngine() {
  const release = vi.fn(() => Promise.resolve());
  const waiting: (() => void)[] = [];
  const later = <T>(value: T) => new Promise<T>((resolve) => waiting.push(() => resolve(value)));
  const run = vi.fn(() => later({}));
  const create = vi.fn(() => later({ run, release }));
  class Tensor {}
  const ort = { InferenceSession: { create }, Tensor, env: { versions: { common: '1' } } };
  /** Lets what the engine does now come to its end. */
  const proceed = async () => {
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0));
    waiting.shift()!();
  };
  return { ort: ort as unknown as OrtModule, create, run, release, proceed };
}

async function open() {
  const engine = fakeEngine();
  return { ...engine, backend: await createOnnxBackend({ ort: engine.ort, runtime: 'node' }) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('sessions of the engine', () => {
  it('are released once, whether the executable, the backend or both are disposed', async () => {
    const { backend, release, proceed } = await open();
    const compiled = [backend.compile(graph), backend.compile(graph)];
    await proceed();
    await proceed();
    const [first] = await Promise.all(compiled);
    first!.dispose();
    first!.dispose();
    await settled();
    expect(release).toHaveBeenCalledTimes(1);
    backend.dispose();
    backend.dispose();
    first!.dispose();
    await settled();
    expect(release).toHaveBeenCalledTimes(2);
  });

  it('are released after the run that uses them, not during it', async () => {
    const { backend, release, run, proceed } = await open();
    const compiled = backend.compile(graph);
    await proceed();
    const executable = await compiled;
    const running = executable.run({ x: float32([1], [1]) }).catch(() => undefined);
    await vi.waitFor(() => expect(run).toHaveBeenCalledOnce());
    executable.dispose();
    await settled();
    expect(release).not.toHaveBeenCalled();
    await proceed();
    await running;
    await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
  });

  it('are not created for a call that was aborted in the queue, which leaves at once', async () => {
    const { backend, create, proceed } = await open();
    const first = backend.compile(graph);
    await vi.waitFor(() => expect(create).toHaveBeenCalledOnce());
    const abort = new AbortController();
    const second = backend.compile(graph, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await proceed();
    await first;
    await settled();
    expect(create).toHaveBeenCalledOnce();
  });

  it('leave the signal of a call that is over alone', async () => {
    const { backend, proceed } = await open();
    const { signal } = new AbortController();
    const compiled = backend.compile(graph, { signal });
    await proceed();
    await compiled;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('are released where the call is aborted, or the backend disposed, while they are created', async () => {
    for (const stop of ['abort', 'dispose'] as const) {
      const { backend, create, release, proceed } = await open();
      const abort = new AbortController();
      const compiled = backend.compile(graph, { signal: abort.signal }).catch((error: Error) => error);
      await vi.waitFor(() => expect(create).toHaveBeenCalledOnce());
      if (stop === 'abort') abort.abort(new Error('enough'));
      else backend.dispose();
      await proceed();
      expect(await compiled).toMatchObject(stop === 'abort' ? { message: 'enough' } : { code: 'DISPOSED' });
      await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
    }
  });
});
