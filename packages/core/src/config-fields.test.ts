import { describe, expect, it } from 'vitest';
import { completeFields, ConfigError, fieldChecks, oneOf, refuseProblems } from './index.js';

const CHECKS = {
  size: fieldChecks.index,
  name: oneOf('a', 'b'),
  list: fieldChecks.positives,
  nested: { part: fieldChecks.fraction },
};
const DEFAULTS = { size: 3, name: 'a', list: [1, 2], nested: { part: 0.5 } };

function complete(value: unknown): { fields: Record<string, unknown>; problems: string[] } {
  const problems: string[] = [];
  return { fields: completeFields(value, DEFAULTS, CHECKS, '', problems), problems };
}

describe('completeFields', () => {
  it('fills in what is absent, keeps 0, and copies lists', () => {
    expect(complete(undefined)).toEqual({ fields: DEFAULTS, problems: [] });
    expect(complete({ size: 0 }).fields['size']).toBe(0);
    const list = [4];
    const { fields } = complete({ list });
    expect(fields['list']).toEqual(list);
    expect(fields['list']).not.toBe(list);
    expect(complete({}).fields['list']).not.toBe(DEFAULTS.list);
  });

  it('takes no field of an unknown name, those that every object has among them', () => {
    const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'sise'];
    const value = JSON.parse(`{${names.map((name) => `"${name}": 1`).join(',')}}`) as unknown;
    expect(complete(value).problems).toEqual(names.map((name) => `${name} is not a field`));
    expect(complete({ nested: { toString: 1 } }).problems).toEqual(['nested.toString is not a field']);
  });

  it('names every bad field with what it must be', () => {
    expect(complete({ size: -1, name: 'c', list: [], nested: { part: 0 } }).problems).toEqual([
      'size must be an integer of at least 0, got -1',
      'name must be "a" or "b", got "c"',
      'list must be a list of positive numbers, got []',
      'nested.part must be a number in (0, 1], got 0',
    ]);
    expect(complete({ nested: 5 }).problems).toEqual(['nested must be an object, got 5']);
    expect(complete([]).problems).toEqual(['config must be an object, got []']);
    expect(complete({ nested: { part: 1 } }).problems).toEqual([]);
  });

  it('takes null for no value, as JSON has it for numbers that are not finite', () => {
    expect(complete({ size: null, nested: { part: null } }).problems).toEqual([
      'size must be an integer of at least 0, got null',
      'nested.part must be a number in (0, 1], got null',
    ]);
    expect(complete(null).problems).toEqual(['config must be an object, got null']);
    expect(complete({ size: undefined }).problems).toEqual([]);
  });
});

describe('refuseProblems', () => {
  it('throws one error with all of them, and none where there is none', () => {
    expect(() => refuseProblems('here', [])).not.toThrow();
    expect(() => refuseProblems('here', ['a', 'b'])).toThrow(ConfigError);
    expect(() => refuseProblems('here', ['a', 'b'])).toThrow('here: a; b; correct these fields.');
  });
});
