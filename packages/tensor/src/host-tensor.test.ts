import { expect, it } from 'vitest';
import { takeRows } from './host-tensor.js';

it('takes rows in the given order, also one of them twice, and none', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect([...takeRows(values, [2, 0, 2], 2)]).toEqual([5, 6, 1, 2, 5, 6]);
  expect([...takeRows(values, Int32Array.of(1), 3)]).toEqual([4, 5, 6]);
  expect([...takeRows(values, [], 2)]).toEqual([]);
});
