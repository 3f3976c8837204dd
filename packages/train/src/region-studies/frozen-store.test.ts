import { float32 } from '@crrg/tensor';
import { createMemoryStore } from '@crrg/train-loop';
import { expect, it } from 'vitest';
import { hashWeights, withoutConstants } from './frozen-store.js';

const constants = new Map([['table', float32([2], [1, 2])]]);
const moving = float32([1], [5]);
const state = {
  tensors: new Map([
    ['parameters/table', constants.get('table')!],
    ['parameters/key', moving],
    ['mean/key', moving],
  ]),
  values: { seed: 1 },
};

it('constant weights are in no saved state, and come back from the start', async () => {
  const inner = createMemoryStore();
  const store = withoutConstants(inner, constants);
  await store.save('last', state);
  await store.save('best', {
    tensors: new Map([
      ['table', constants.get('table')!],
      ['key', moving],
    ]),
    values: 2,
  });
  expect([...(await inner.load('last'))!.tensors.keys()]).toEqual(['parameters/key', 'mean/key']);
  expect([...(await inner.load('best'))!.tensors.keys()]).toEqual(['key']);
  const last = (await store.load('last'))!;
  expect(last.values).toEqual(state.values);
  expect(new Map([...last.tensors].sort())).toEqual(new Map([...state.tensors].sort()));
  expect((await store.load('best'))!.tensors.get('table')).toBe(constants.get('table'));
  expect(await store.load('none')).toBeUndefined();
});

it('a state of other frozen weights is refused, as is one with all of them', async () => {
  const inner = createMemoryStore();
  await withoutConstants(inner, constants).save('last', state);
  const others = new Map([['table', float32([2], [1, 3])]]);
  await expect(withoutConstants(inner, others).load('last')).rejects.toThrow('start from the same model');
  await inner.save('last', state);
  await expect(withoutConstants(inner, constants).load('last')).rejects.toThrow(
    'expected the frozen weights',
  );
});

it('a hash is of names, shapes and numbers, whatever their order', () => {
  const [a, b] = [float32([2], [1, 2]), float32([1], [3])];
  const hash = hashWeights(
    new Map([
      ['a', a],
      ['b', b],
    ]),
  );
  expect(
    hashWeights(
      new Map([
        ['b', b],
        ['a', a],
      ]),
    ),
  ).toBe(hash);
  expect(
    hashWeights(
      new Map([
        ['a', b],
        ['b', a],
      ]),
    ),
  ).not.toBe(hash);
  expect(
    hashWeights(
      new Map([
        ['a', float32([2, 1], [1, 2])],
        ['b', b],
      ]),
    ),
  ).not.toBe(hash);
});
