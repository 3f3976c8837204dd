import { buffer, parameter, torchDefault } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { matchesName, selectTrainable } from './parameter-groups.js';

const specs = {
  'trunk.conv.weight': parameter([2], torchDefault(2)),
  'trunk.mean': buffer([2], 0),
  'head.weight': parameter([2], torchDefault(2)),
  'head.bias': parameter([2], torchDefault(2)),
};

describe('selectTrainable', () => {
  it('leaves out buffers and frozen names', () => {
    expect([...selectTrainable(specs, { weightDecay: 0.1, frozen: ['trunk.'] }).keys()]).toEqual([
      'head.weight',
      'head.bias',
    ]);
  });

  it('gives a parameter the settings of the first group that matches', () => {
    const groups = [
      { match: [/bias$/], weightDecay: 0 },
      { match: ['head.*'], learningRateScale: 10 },
    ];
    const selected = selectTrainable(specs, { weightDecay: 0.1, groups });
    expect(selected.get('head.bias')).toEqual({ learningRateScale: 1, weightDecay: 0 });
    expect(selected.get('head.weight')).toEqual({ learningRateScale: 10, weightDecay: 0.1 });
    expect(selected.get('trunk.conv.weight')).toEqual({ learningRateScale: 1, weightDecay: 0.1 });
  });

  it('refuses a pattern without a parameter, and nothing to train', () => {
    expect(() => selectTrainable(specs, { weightDecay: 0, frozen: ['hed.'] })).toThrow('"hed."');
    expect(() => selectTrainable(specs, { weightDecay: 0, frozen: [/./] })).toThrow('all frozen or buffers');
  });
});

describe('matchesName', () => {
  it('takes a plain string for the whole name', () => {
    expect(matchesName('head.weight', ['head'])).toBe(false);
    expect(matchesName('head.weight', ['head.weight'])).toBe(true);
  });

  it('takes a name up to its dot, and what precedes a star, for a beginning', () => {
    expect(matchesName('head.weight', ['head.'])).toBe(true);
    expect(matchesName('header.weight', ['head.'])).toBe(false);
    expect(matchesName('header.weight', ['head*'])).toBe(true);
  });
});
