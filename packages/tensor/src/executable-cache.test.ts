import { DisposedError } from '@crrg/core';
import { describe, expect, it, vi } from 'vitest';
import { ExecutableCache, trace, type Executable } from './index.js';
import { createReferenceBackend } from './testing/reference-backend.js';

const graph = trace({ inputs: { x: { shape: [1] } } }, (ops, { inputs }) => ({ y: ops.abs(inputs['x']!) }));
const compile = () => createReferenceBackend().compile(graph);

describe('ExecutableCache', () => {
  it('compiles a key once and another key anew', async () => {
    const cache = new ExecutableCache('test');
    const first = await cache.get('a', compile);
    expect(await cache.get('a', () => Promise.reject(new Error('not asked')))).toBe(first);
    expect(await cache.get('b', compile)).not.toBe(first);
  });

  it('compiles again after a failure', async () => {
    const cache = new ExecutableCache('test');
    await expect(cache.get('a', () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    await expect(cache.get('a', compile)).resolves.toBeDefined();
  });

  it('disposes what it compiled, and is of no use afterwards', async () => {
    const cache = new ExecutableCache('test');
    const dispose = vi.fn();
    await cache.get('a', async (): Promise<Executable> => ({ ...(await compile()), dispose }));
    cache.dispose();
    await vi.waitFor(() => expect(dispose).toHaveBeenCalledOnce());
    expect(() => cache.get('a', compile)).toThrow(DisposedError);
  });
});
