import { describe, expect, it } from 'vitest';
import { placeholderLabels, savedLabels } from './probe-labels.js';

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
});
