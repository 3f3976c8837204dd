import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { labelFields, placeholderLabels, savedLabels } from './probe-labels.js';

describe('labels of a classifier', () => {
  it('claim nothing where nobody names them', () => {
    expect(placeholderLabels(1)).toEqual(['Label 1']);
    expect(placeholderLabels(3)).toEqual(['Label 1', 'Label 2', 'Label 3']);
  });

  it('are read from the file where it lists one for every output', () => {
    const values = (list: string, ...labels: (string | number)[]) =>
      new Map<string, string | number>([
        ['epoch', 3],
        ...labels.map((label, index) => [`${list}/${index}`, label] as const),
      ]);
    for (const list of ['labels', 'classes', 'config/class_names', 'hyper_parameters/pathologies'])
      expect(savedLabels(values(list, 'A', 'B'), 2)).toEqual(['A', 'B']);
    expect(savedLabels(values('labels', 'A', 'B'), 3)).toBeUndefined();
    expect(savedLabels(values('labels', 'A', 'B', 'C'), 2)).toBeUndefined();
    expect(savedLabels(values('labels', 'A', 1), 2)).toBeUndefined();
    expect(savedLabels(values('labels', 'A', 'A'), 2)).toBeUndefined();
    expect(savedLabels(values('labels', 'A', ' '), 2)).toBeUndefined();
    expect(savedLabels(values('data', 'A', 'B'), 2)).toBeUndefined();
  });

  it('are taken from the options', () => {
    expect(labelFields({})).toEqual({});
    expect(labelFields({ labels: 'Pleural Effusion, Edema', thresholds: '0.3,1' })).toEqual({
      rclip: { probe: { labels: ['Pleural Effusion', 'Edema'], thresholds: [0.3, 1] } },
    });
    expect(labelFields({ thresholds: '0' })).toEqual({ rclip: { probe: { thresholds: [0] } } });
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
    expect(() => labelFields(options)).toThrow(UsageError);
    expect(() => labelFields(options)).toThrow(message);
  });
});
