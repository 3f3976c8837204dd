import { CheckpointError } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { float32, int32 } from './host-tensor.js';
import { checkStateDict, parameter } from './parameters.js';

const specs = { weight: parameter([2], { kind: 'constant', value: 0 }) };
const weight = float32([2], [1, 2]);

describe('the check of weights against specifications', () => {
  it('accepts exactly the names and shapes that are specified', () => {
    expect(() => checkStateDict(specs, new Map([['weight', weight]]), 'test')).not.toThrow();
  });

  it('lists what is missing, mis-shaped and unexpected in one error', () => {
    const state = new Map([['bias', weight]]);
    expect(() => checkStateDict(specs, state, 'test')).toThrow(CheckpointError);
    expect(() => checkStateDict(specs, state, 'test')).toThrow(
      'test: 2 keys do not fit the architecture: missing weight [2]; unexpected bias',
    );
    const short = new Map([['weight', float32([1], [1])]]);
    expect(() => checkStateDict(specs, short, 'test')).toThrow('weight must be [2], got [1]');
    const whole = new Map([['weight', int32([2], [1, 2])]]);
    expect(() => checkStateDict(specs, whole, 'test')).toThrow('weight must be float32, got int32');
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'does not take the inherited name "%s" for one',
    (name) => {
      const state = new Map([
        ['weight', weight],
        [name, weight],
      ]);
      expect(() => checkStateDict(specs, state, 'test')).toThrow(`unexpected ${name}`);
    },
  );
});
