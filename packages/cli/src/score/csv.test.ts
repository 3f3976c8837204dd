import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.js';

const cells = (text: string, separator?: string) => parseCsv(text, separator).map((record) => record.cells);

describe('a CSV text', () => {
  it('is cut into records, with the line that each begins on', () => {
    expect(parseCsv('a,b\n1,"two\nlines"\n\n3,\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1', 'two\nlines'] },
      { line: 5, cells: ['3', ''] },
    ]);
  });

  it('may have a byte order mark, Windows line ends, doubled quotes, no final line end', () => {
    expect(cells('\uFEFFa,b\r\n"say ""no""",x')).toEqual([
      ['a', 'b'],
      ['say "no"', 'x'],
    ]);
    expect(cells('a\tb,c', '\t')).toEqual([['a', 'b,c']]);
    expect(cells('a,b,')).toEqual([['a', 'b', '']]);
    expect(cells('')).toEqual([]);
  });

  it('keeps quotes inside a cell that does not begin with one', () => {
    expect(cells('5" tube,x')).toEqual([['5" tube', 'x']]);
  });

  it('is refused where a quote is open, with its line', () => {
    expect(() => parseCsv('a\n"b\nc')).toThrow(expect.objectContaining({ line: 2 }));
    expect(() => parseCsv('a\n"b"c')).toThrow(/after a closing quote/);
  });

  it('gives back what was written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\n', '\r', 'é') });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    const write = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(table, (rows) => {
        const text = rows.map((row) => `${row.map(write).join(',')}\n`).join('');
        expect(cells(text)).toEqual(rows);
      }),
    );
  });
});
