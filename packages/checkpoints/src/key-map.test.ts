import { buffer, float32, zeros, type KeyMap } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { applyKeyMap, applyKeyMaps, invertKeyMap, renameKey, selectPrefix } from './key-map.js';

const MAP: KeyMap = [
  { from: 'layer{}.{}.num_batches', to: null },
  { from: 'layer{}.{}.{}', to: 'stage.{}.{}.{}' },
  { from: 'fc.{}', to: 'head.{}' },
  { from: 'old_fc.{}', to: 'head.{}' },
];
const scalar = zeros('float32', []);

describe('key maps', () => {
  it('carries the parts of a name over in order and lets the first row count', () => {
    expect(renameKey('layer1.0.weight', MAP)).toBe('stage.1.0.weight');
    expect(renameKey('layer1.0.num_batches', MAP)).toBeNull();
    expect(renameKey('layer1.0.conv.weight', MAP)).toBeUndefined();
  });

  it('treats a dot in a pattern as a dot', () => {
    expect(renameKey('fcXweight', MAP)).toBeUndefined();
  });

  it('inverted gives the first of their names, never an old one, and none for what no row leads to', () => {
    const inverse = invertKeyMap([
      { from: 'norm.gamma', to: 'norm.weight', isOld: true },
      { from: 'norm.{}', to: 'norm.{}' },
      ...MAP,
    ]);
    expect(inverse('norm.weight')).toBe('norm.weight');
    expect(inverse('stage.1.0.weight')).toBe('layer1.0.weight');
    expect(inverse('head.bias')).toBe('fc.bias');
    expect(inverse('layer1.0.num_batches')).toBeUndefined();
    expect(
      invertKeyMap([{ from: 'norm.gamma', to: 'norm.weight', isOld: true }])('norm.weight'),
    ).toBeUndefined();
  });

  it('renames what it takes and leaves out what it drops', () => {
    const entries = new Map([
      ['layer2.1.bias', scalar],
      ['layer2.1.num_batches', scalar],
    ]);
    expect([...applyKeyMap(entries, MAP).keys()]).toEqual(['stage.2.1.bias']);
  });

  it('lists unmatched, colliding, missing, mis-shaped and unexpected names in one error', () => {
    const entries = new Map([
      ['strange', scalar],
      ['fc.weight', float32([2], [1, 2])],
      ['old_fc.weight', float32([2], [1, 2])],
      ['fc.bias', scalar],
    ]);
    const specs = { 'head.weight': buffer([3], 0), 'stage.1.0.weight': buffer([1], 0) };
    const text = (() => {
      try {
        applyKeyMap(entries, MAP, specs, 'test');
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    })();
    expect(text).toBe(
      'test: expected the tensors of this architecture, got 5 that do not fit: unmatched strange; old_fc.weight collides at head.weight; head.weight must be [3], got [2]; missing stage.1.0.weight [1]; unexpected head.bias; use a file and a configuration that belong together.',
    );
  });

  it('does not know the names that every object has', () => {
    const entries = new Map([['fc.constructor', scalar]]);
    const identity = [{ from: 'fc.{}', to: '{}' }];
    expect(() => applyKeyMap(entries, identity, {})).toThrow('unexpected constructor');
    expect([...applyKeyMap(entries, identity, { constructor: buffer([], 0) }).keys()]).toEqual([
      'constructor',
    ]);
  });

  it('fills several networks from one file and lets each ignore what another takes', () => {
    const entries = selectPrefix(
      new Map([
        ['model/a.w', scalar],
        ['model/b.w', scalar],
        ['optimizer/a.w', scalar],
      ]),
      'model/',
    );
    const parts = applyKeyMaps(entries, {
      first: { map: [{ from: 'a.{}', to: 'x.{}' }] },
      second: { map: [{ from: 'b.{}', to: 'y.{}' }] },
    });
    expect([...parts.first.keys(), ...parts.second.keys()]).toEqual(['x.w', 'y.w']);
    expect(() => applyKeyMaps(entries, { first: { map: [{ from: 'a.{}', to: 'x.{}' }] } })).toThrow(
      'unmatched b.w',
    );
  });

  it('refuses a table whose target has more placeholders than its source', () => {
    expect(() => renameKey('a.b', [{ from: 'a.{}', to: '{}.{}' }])).toThrow('at most 1 placeholders');
  });
});
