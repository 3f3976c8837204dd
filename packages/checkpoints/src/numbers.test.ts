import { CheckpointError } from '@crrg/core';
import { deferredTensor, float32, type HostTensor } from '@crrg/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNumbers } from './numbers.js';

const check = (weights: Record<string, HostTensor>) => () => checkNumbers(Object.entries(weights), 'test');
const FILE = { path: 'weights', offset: 0, size: 0, changed: 0 };
const vector = (...values: number[]) => float32([values.length], values);

describe('the numbers of weights', () => {
  it('may be anything finite, the largest included', () => {
    const largest = 3.4028234663852886e38;
    const weights = { a: float32([9], new Float32Array(9).fill(largest)), b: vector(-largest, 0, -0, 1e-45) };
    expect(check(weights)).not.toThrow();
    expect(check({ ids: { dtype: 'int32', shape: [1], data: Int32Array.of(-1) } })).not.toThrow();
  });

  it.each([NaN, Infinity, -Infinity])('are refused by name where one is %s', (value) => {
    const weights = { fine: vector(1), bad: vector(0, 1, value, 2, value) };
    expect(check(weights)).toThrow(CheckpointError);
    expect(check(weights)).toThrow(
      `got others: bad has 2 numbers that are not finite (the first ${value} at 2); the training`,
    );
  });

  it('are refused where infinities cancel each other', () => {
    expect(check({ bad: vector(Infinity, -Infinity) })).toThrow('bad has 2 numbers that are not finite');
  });

  it('are found at every place of the array', () => {
    const place = fc
      .integer({ min: 1, max: 40 })
      .chain((length) => fc.tuple(fc.constant(length), fc.nat(length - 1)));
    fc.assert(
      fc.property(place, fc.constantFrom(NaN, Infinity, -Infinity), ([length, at], value) => {
        const data = new Float32Array(length).fill(1);
        data[at] = value;
        expect(check({ bad: float32([length], data) })).toThrow(`(the first ${value} at ${at})`);
      }),
      { seed: 1 },
    );
  });

  it('are read from their file piece by piece, each once', () => {
    const size = 2 ** 19 + 3;
    const runs: [start: number, length: number][] = [];
    const weights = (bad: number) => ({
      w: deferredTensor('float32', [size], FILE, (target, start) => {
        target.fill(1);
        if (bad >= start && bad < start + target.length) target[bad - start] = NaN;
        runs.push([start, target.length]);
      }),
    });
    expect(check(weights(-1))).not.toThrow();
    expect(runs).toEqual([
      [0, 2 ** 18],
      [2 ** 18, 2 ** 18],
      [2 ** 19, 3],
    ]);
    for (const at of [2 ** 18, size - 1]) expect(check(weights(at))).toThrow(`(the first NaN at ${at})`);
  });

  it('may be zero but not negative where they are variances', () => {
    const name = 'backbone.bn1.running_var';
    expect(check({ [name]: vector(0, -0, 1) })).not.toThrow();
    expect(check({ 'backbone.bn1.running_mean': vector(-1), not_running_var: vector(-1) })).not.toThrow();
    expect(check({ [name]: vector(1, -0.5, -2) })).toThrow(
      `${name} has 2 negative variances (the first -0.5 at 1)`,
    );
    expect(check({ running_var: vector(-1) })).toThrow('running_var has 1 negative');
  });

  it('are listed together, at most twenty by name', () => {
    const weights = Object.fromEntries(Array.from({ length: 23 }, (_, index) => [`w${index}`, vector(NaN)]));
    expect(check(weights)).toThrow(/w0 has .*; w19 has [^;]*; and 3 more; the training/);
    expect(check({ a: vector(NaN), b: vector(NaN) })).toThrow(/a has .*; b has /);
  });
});
