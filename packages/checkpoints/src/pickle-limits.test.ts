import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from './__fixtures__/build-pickle.js';
import { readPickle } from './pickle.js';

const pickle = (...parts: (string | number[])[]) => readPickle(assemble(...parts, '.')).value;
const nested = (levels: number) => [']'.repeat(levels), 'a'.repeat(levels - 1)];

/** Bytes of the heap that `work` took, at most. */
function heapOf(work: () => void): number {
  const before = process.memoryUsage().heapUsed;
  work();
  return process.memoryUsage().heapUsed - before;
}

describe('what a pickle may make', () => {
  it('is nested at most 256 deep, told while it is read', () => {
    expect(() => pickle(...nested(256))).not.toThrow();
    expect(() => pickle(...nested(257))).toThrow('expected at most 256 levels of nesting, got more');
    const tuples = (levels: number) => [')', new Array<number>(levels - 1).fill(0x85)];
    expect(() => pickle(...tuples(256))).not.toThrow();
    expect(() => pickle(...tuples(257))).toThrow('expected at most 256 levels of nesting, got more');
    const dicts = (levels: number) =>
      ['}'.concat('K\u0001}'.repeat(levels - 1)), 's'.repeat(levels - 1)] as const;
    expect(() => pickle(...dicts(256))).not.toThrow();
    expect(() => pickle(...dicts(257))).toThrow('expected at most 256 levels of nesting, got more');
    expect(() => pickle('('.repeat(257))).toThrow('expected at most 256 levels of nesting, got more');
  });

  it('is nested at most 256 deep through objects and their states', () => {
    const object = (inner: (string | number[])[]) => ['cmy.config\nA\n)', [0x81], ...inner, 'b'];
    let deep: (string | number[])[] = ['}'];
    for (let level = 0; level < 300; level++) deep = object(deep);
    expect(() => pickle(...deep)).toThrow('expected at most 256 levels of nesting, got more');
  });

  it('takes little memory where a million lists are nested in one megabyte', () => {
    const bytes = assemble(']'.repeat(1_000_000), 'a'.repeat(999_999), '.');
    const taken = heapOf(() => expect(() => readPickle(bytes)).toThrow('expected at most'));
    expect(taken).toBeLessThan(30e6);
  });

  it('has at most 65,536 objects, and one more for every eight bytes', () => {
    const lists = (count: number, padding = '') => pickle(']0'.repeat(count), padding, 'N');
    expect(() => lists(87_381)).not.toThrow();
    expect(() => lists(87_382)).toThrow('expected at most 87381 objects in a file of this size, got more');
    expect(() => lists(87_382, 'N0N0N0N0')).not.toThrow();
  });

  it('counts what a call copies', () => {
    const entries = Array.from({ length: 1000 }, (_, key) => [0x4d, key & 255, key >> 8, 0x4e, 0x73]).flat();
    const copy = assemble('h\u0002h\u0001', [0x85], 'R0');
    const copies = (count: number) =>
      pickle(
        '}',
        entries,
        'q\u00010',
        'ccollections\nOrderedDict\nq\u00020',
        ...new Array<number[]>(count).fill([...copy]),
        'N',
      );
    expect(() => copies(60)).not.toThrow();
    expect(() => copies(80)).toThrow('objects in a file of this size, got more');
  });

  it('remembers at most as many values as it may have objects', () => {
    const memo = (count: number) =>
      pickle(
        'N',
        Array.from({ length: count }, () => 0x94),
      );
    expect(() => memo(70_000)).not.toThrow();
    expect(() => memo(80_000)).toThrow('memo entries in a file of this size, got more');
  });

  it('holds at most a million values on the stack', () => {
    expect(() => pickle('N'.repeat(2 ** 20))).not.toThrow();
    expect(() => pickle('N'.repeat(2 ** 20 + 1))).toThrow('expected at most 1048576 values at a time');
  });

  it('has integers of at most 1024 bytes', () => {
    const long = (length: number) =>
      pickle([0x8b, length & 255, length >> 8, 0, 0, ...new Array<number>(length).fill(1)]);
    expect(long(1024)).toBeTypeOf('bigint');
    expect(() => long(1025)).toThrow('expected an integer of at most 1024 bytes, got 1025');
    expect(() => pickle([0x8b, 255, 255, 255, 255])).toThrow('expected 4294967295 bytes');
  });

  it('ends where the bytes end', () => {
    expect(() => readPickle(assemble('X', [5, 0, 0, 0], 'abc'))).toThrow(
      'expected 5 bytes at 5, got the end',
    );
    expect(() => pickle([0x8d, 0, 0, 0, 0, 0, 0, 0, 0xff])).toThrow('expected a length, got');
    expect(() => pickle([0x80, 6], 'N')).toThrow('expected pickle protocol 0 to 5, got 6');
    expect(pickle([0x80, 5], 'N')).toBeNull();
    expect(() => pickle([0x95, 100, 0, 0, 0, 0, 0, 0, 0], 'N')).toThrow(
      'expected 100 bytes at 9, got the end',
    );
    expect(pickle([0x95, 2, 0, 0, 0, 0, 0, 0, 0], 'N')).toBeNull();
  });

  it('takes nothing from below a mark, and fills dictionaries by pairs', () => {
    expect(() => pickle('N(')).toThrow('expected a value on the stack, got none');
    expect(pickle('N(0')).toBeNull();
    expect(() => pickle('}(NNNu')).toThrow('expected a dictionary and pairs');
    expect(pickle('}(NNu')).toEqual(new Map([[null, null]]));
  });

  it('stays small for any bytes that are mostly operations', () => {
    const operations = fc.constantFrom(...Buffer.from('(]})Nae0t2s\x85\x86\x94Kh', 'latin1'));
    const repeated = fc.array(
      fc.tuple(fc.array(operations, { minLength: 1, maxLength: 6 }), fc.nat(60_000)),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(repeated, (runs) => {
        const bytes = Uint8Array.from(
          runs.flatMap(([run, count]) => new Array<number[]>(Math.ceil(count / run.length)).fill(run).flat()),
        );
        let value: unknown;
        const taken = heapOf(() => {
          try {
            value = readPickle(bytes);
          } catch (error) {
            value = (error as Error).message;
          }
        });
        expect(value).toBeDefined();
        expect(taken).toBeLessThan(60e6);
      }),
      { seed: 4, numRuns: 60 },
    );
  });
});
