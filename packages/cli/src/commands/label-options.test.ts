import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { labelOptions } from './label-options.js';

describe('--labels and --thresholds of a classifier', () => {
  it('are taken from the options', () => {
    expect(labelOptions({})).toEqual({});
    expect(labelOptions({ labels: 'Pleural Effusion, Edema', thresholds: '0.3,1' })).toEqual({
      labels: ['Pleural Effusion', 'Edema'],
      thresholds: [0.3, 1],
    });
    expect(labelOptions({ thresholds: '0' })).toEqual({ thresholds: [0] });
  });

  it.each([
    [{ labels: 'A,,B' }, '--labels: expected different names between commas, got "A,,B"'],
    [{ labels: 'A,A' }, '--labels: expected different names'],
    [{ labels: '' }, '--labels: expected different names'],
    [{ thresholds: '0.5,x' }, '--thresholds: expected numbers from 0 to 1 between commas, got "0.5,x"'],
    [{ thresholds: '1.1' }, '--thresholds: expected numbers from 0 to 1'],
    [{ thresholds: '-0.1' }, '--thresholds: expected numbers from 0 to 1'],
    [{ thresholds: '0.5,' }, '--thresholds: expected numbers from 0 to 1'],
    [{ labels: 'A,B', thresholds: '0.5' }, '--thresholds: expected one for each of 2 labels, got 1'],
  ])('are refused as %j', (options, message) => {
    expect(() => labelOptions(options)).toThrow(UsageError);
    expect(() => labelOptions(options)).toThrow(message);
  });
});
