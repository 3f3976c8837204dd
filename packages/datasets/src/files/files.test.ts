import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImageError } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapInOrder } from './in-order.js';
import { readPictureSize } from './picture-size.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let at = 0; at < count; at++) yield await Promise.resolve(at);
}

describe('work in order', () => {
  it('gives results in the order of the items, with at most so many under way', async () => {
    let [now, most] = [0, 0];
    const results: number[] = [];
    const work = async (item: number) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, (7 - item) * 2));
      now -= 1;
      return item;
    };
    for await (const result of mapInOrder(numbers(7), 3, work)) results.push(result);
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(3);
  });

  it('throws what an item threw, when its turn comes, and waits for those under way', async () => {
    let done = 0;
    const work = async (item: number) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (item === 1) throw new Error('second');
      done += 1;
      return item;
    };
    const results: number[] = [];
    const run = async () => {
      for await (const result of mapInOrder(numbers(9), 4, work)) results.push(result);
    };
    await expect(run()).rejects.toThrow('second');
    expect(results).toEqual([0]);
    expect(done).toBe(4);
  });
});

describe('the size of a picture', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crrg-size-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const segment = (marker: number, data: readonly number[]) => [
    0xff,
    marker,
    (data.length + 2) >> 8,
    (data.length + 2) & 255,
    ...data,
  ];
  const frame = segment(0xc0, [8, 0x0b, 0xb8, 0x09, 0xc4, 1, 1, 0x11, 0]);
  const jpeg = (...segments: number[][]) => Uint8Array.from([0xff, 0xd8, ...segments.flat(), 0xff, 0xd9]);

  it('comes from its JPEG header, wherever that stands', async () => {
    const filler = segment(0xe2, Array<number>(60_000).fill(0));
    const file = path.join(folder, 'a.jpg');
    await writeFile(file, jpeg(frame));
    expect(await readPictureSize(file)).toEqual({ width: 2500, height: 3000 });
    await writeFile(file, jpeg(filler, filler, frame));
    expect(await readPictureSize(file)).toEqual({ width: 2500, height: 3000 });
  });

  it('is undefined without a file, and refused for another file', async () => {
    expect(await readPictureSize(path.join(folder, 'none.jpg'))).toBeUndefined();
    const file = path.join(folder, 'text.jpg');
    await writeFile(file, 'no picture');
    await expect(readPictureSize(file)).rejects.toThrow(ImageError);
    await expect(readPictureSize(folder)).rejects.toThrow(ImageError);
  });
});
