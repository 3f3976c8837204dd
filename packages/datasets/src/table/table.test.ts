import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choiceCell, numberCell, optionalCell, requiredCell } from './csv-row.js';
import { readLines } from '../files/lines.js';
import { findFile, requireFile } from './find-file.js';
import { literalCell, textListCell } from './literal-cell.js';
import { parseCsv, readCsv, type ReadCsvOptions } from './read-csv.js';
import { formatPandasCsv } from './write-csv.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function rowsOf(name: string, bytes: string | Uint8Array, options?: ReadCsvOptions) {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  const rows: [string, readonly string[]][] = [];
  for await (const { where, cells } of readCsv(file, options)) rows.push([where.replace(file, 'F'), cells]);
  return rows;
}

describe('a CSV file', () => {
  it('gives each row with the line that it begins on, blank lines and line ends inside quotes counted', async () => {
    expect(await rowsOf('lines.csv', '\ufeffa,b\r\n1,"x\ny"\r\n\r\n2,z')).toEqual([
      ['F: line 2', ['1', 'x\ny']],
      ['F: line 5', ['2', 'z']],
    ]);
  });

  it('may be packed', async () => {
    expect(await rowsOf('packed.csv.gz', gzipSync('a\n1\n'))).toEqual([['F: line 2', ['1']]]);
  });

  it('may end each line with a comma', async () => {
    expect(await rowsOf('comma.csv', 'a,b,\n1,2,\n')).toEqual([['F: line 2', ['1', '2', '']]]);
  });

  it('is refused with its line where a column is missing or named twice, or a row has more cells than the header', async () => {
    await expect(rowsOf('a.csv', 'a,b\n', { columns: ['a', 'c', 'd'] })).rejects.toThrow(
      /a\.csv: line 1: expected the columns a, c, d, got none named c, d;/,
    );
    await expect(rowsOf('b.csv', 'a,a\n')).rejects.toThrow(/line 1: expected each column once/);
    await expect(rowsOf('c.csv', 'a,b\n1,2\n1,2,3\n')).rejects.toThrow(/line 3: .* got 3; quote/);
  });

  it('is refused with its line where quotes are out of place', async () => {
    await expect(rowsOf('q.csv', 'a\n1\n"2')).rejects.toThrow(/q\.csv: line \d: expected a closing quote/);
    await expect(rowsOf('r.csv', 'a\nx"y"\n')).rejects.toThrow(/r\.csv: line 2: expected quotes around/);
  });

  it('is refused where it is absent, empty, a folder, cut off or no UTF-8 text', async () => {
    const read = async (name: string) => {
      for await (const _ of readCsv(path.join(folder, name))) break;
    };
    await expect(read('none.csv')).rejects.toThrow(/none\.csv: expected a file, got nothing/);
    await expect(read('.')).rejects.toThrow(/expected a file, got a folder/);
    await expect(rowsOf('empty.csv', '')).rejects.toThrow(/expected a header line/);
    const packed = gzipSync('a\n'.repeat(10_000));
    await expect(rowsOf('cut.csv.gz', packed.subarray(0, 20))).rejects.toThrow(/cut off/);
    await expect(rowsOf('bad.csv.gz', 'a\n')).rejects.toThrow(/damaged/);
    await expect(rowsOf('latin.csv', Buffer.from([0x61, 0x0a, 0xe9, 0x0a]))).rejects.toThrow(/UTF-8/);
  });

  it('is read no further than asked, and not at all once stopped', async () => {
    const file = path.join(folder, 'long.csv');
    await writeFile(file, `a\n${'1\n'.repeat(100_000)}`);
    for await (const { cells } of readCsv(file)) {
      expect(cells).toEqual(['1']);
      break;
    }
    const reason = new Error('stopped');
    await expect(
      (async () => {
        for await (const _ of readCsv(file, { signal: AbortSignal.abort(reason) }));
      })(),
    ).rejects.toBe(reason);
  });

  it.each([
    ['rows of a table', 'stop.csv', (file: string, signal: AbortSignal) => readCsv(file, { signal })],
    ['lines', 'stop.jsonl', (file: string, signal: AbortSignal) => readLines(file, signal)],
  ])('stops between its %s although it was read to its end', async (_, name, read) => {
    const file = path.join(folder, name);
    await writeFile(file, 'a\n1\n2\n3\n');
    const controller = new AbortController();
    const reason = new Error('stopped');
    const rows = read(file, controller.signal)[Symbol.asyncIterator]();
    await rows.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(reason);
    await expect(rows.next()).rejects.toBe(reason);
  });

  it('is found plain before packed', async () => {
    await writeFile(path.join(folder, 'both.csv'), '');
    await writeFile(path.join(folder, 'both.csv.gz'), '');
    expect(await findFile(folder, 'both.csv')).toBe(path.join(folder, 'both.csv'));
    expect(await findFile(folder, 'neither.csv')).toBeUndefined();
    await expect(requireFile(folder, 'x.csv', 'y.csv')).rejects.toThrow('expected x.csv or y.csv, plain or');
  });
});

describe('a cell', () => {
  const [row, short] = parseCsv('a,b,c\n 1.5 ,secret text,"[\'x\', ""it\'s""]"\n1\n', 'F') as [
    ReturnType<typeof parseCsv>[number],
    ReturnType<typeof parseCsv>[number],
  ];

  it('is a number, a choice, a list, or empty where the row is short', () => {
    expect(numberCell(row, 'a')).toBe(1.5);
    expect(choiceCell(row, 'b', ['secret text', 'other'])).toBe('secret text');
    expect(textListCell(row, 'c')).toEqual(['x', "it's"]);
    expect([optionalCell(short, 'b'), optionalCell(row, 'none')]).toEqual(['', '']);
    expect(textListCell(short, 'b')).toBeUndefined();
  });

  it('with a bare text in the place of a list is a list of one', () => {
    expect(textListCell(row, 'b')).toEqual(['secret text']);
  });

  it('that is wrong is named by file, line and column, and never repeated', () => {
    const problems = [
      () => numberCell(row, 'b'),
      () => choiceCell(row, 'b', ['x']),
      () => literalCell(row, 'b'),
      () => requiredCell(short, 'b'),
    ];
    for (const problem of problems) {
      expect(problem).toThrow(/^F: line [23]: expected .* for b, /);
      expect(problem).not.toThrow(/secret/);
    }
  });
});

describe('a table written as pandas does', () => {
  it('has row numbers under no name, and line feeds', () => {
    const table = formatPandasCsv(['a', 'b'], [{ index: 7, cells: ['x,y', ''] }]);
    expect(table).toBe(',a,b\n7,"x,y",\n');
  });
});
