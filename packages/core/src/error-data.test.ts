import { describe, expect, it } from 'vitest';
import * as core from './index.js';
import { OutputError } from './node.js';

const { fromErrorData, toErrorData, CrrgError } = core;
const across = (error: unknown) => fromErrorData(structuredClone(toErrorData(error)));

describe('an error that passed to another thread', () => {
  it.each([
    new core.ShapeError('s'),
    new core.ConfigError('c'),
    new core.CheckpointError('k'),
    new core.BackendError('b'),
    new core.ImageError('i', { details: { doubts: [{ code: 'negative', message: 'm' }] } }),
    new core.DataError('d'),
    new core.DisposedError('pipeline'),
    new core.BusyError('full', { details: { waiting: 3 } }),
  ])('is a $name with its code, message, details and stack', (error) => {
    const copy = across(error);
    expect(copy).toBeInstanceOf(error.constructor);
    expect(CrrgError.isInstance(copy)).toBe(true);
    for (const field of ['name', 'code', 'message', 'details', 'stack'] as const)
      expect((copy as typeof error)[field]).toEqual(error[field]);
  });

  it('keeps its causes, and the name of a class that core does not have', () => {
    const error = new OutputError('a.json', new TypeError('inner', { cause: 'text' }));
    const copy = across(error) as InstanceType<typeof CrrgError>;
    expect([copy.name, copy.code, copy.message]).toEqual([error.name, 'OUTPUT', error.message]);
    expect(copy.cause).toBeInstanceOf(TypeError);
    expect((copy.cause as Error).cause).toMatchObject({ message: 'text' });
  });

  it('loses details that cannot be sent, not its message; a cause of itself ends somewhere', () => {
    const error = new core.ConfigError('c', { details: { call: () => 1 } });
    Object.defineProperty(error, 'cause', { value: error });
    expect(across(error)).toMatchObject({ message: 'c', details: {}, cause: { message: 'c' } });
  });

  it('is an Error also where something else was thrown', () => {
    expect(across('oops')).toMatchObject({ name: 'Error', message: 'oops' });
    expect(across(new RangeError('far'))).toBeInstanceOf(RangeError);
    expect(CrrgError.isInstance(across(new RangeError('far')))).toBe(false);
  });
});
