import { describe, expect, it } from 'vitest';
import { untilAborted } from './index.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('work until an abort', () => {
  it('gives what the work gives', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve('done'), signal)).toBe('done');
    expect(await untilAborted('value', signal)).toBe('value');
    await expect(untilAborted(Promise.reject(new Error('work')), signal)).rejects.toThrow('work');
  });

  it('is left at the abort, with its reason, and may fail later unheard', async () => {
    const controller = new AbortController();
    let fail!: (error: Error) => void;
    const work = new Promise<void>((_, reject) => (fail = reject));
    const waiting = untilAborted(work, controller.signal);
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await expect(untilAborted(work, controller.signal)).rejects.toThrow('stop');
    fail(new Error('late'));
    await settled();
  });
});
