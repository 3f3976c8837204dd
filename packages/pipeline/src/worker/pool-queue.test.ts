import { describe, expect, it } from 'vitest';
import { PoolQueue } from './pool-queue.js';

describe('a queue of a pool', () => {
  it('hands out the member that was used last, which is warm', async () => {
    const queue = new PoolQueue<string>(4, 2);
    queue.give('first');
    queue.give('second');
    expect(await queue.take({})).toBe('second');
    queue.give('second');
    expect(await queue.take({})).toBe('second');
    expect(await queue.take({})).toBe('first');
  });
});
