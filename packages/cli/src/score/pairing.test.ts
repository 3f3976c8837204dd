import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runCommand } from '../__fixtures__/run.js';
import { runCli } from '../main.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-pairing-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Content = string | Uint8Array;

async function run(...args: string[]) {
  const { code, stdout, stderr } = await runCommand(['score', ...args], { env: {} });
  return { code, out: stdout, err: stderr.replaceAll(`${folder}${path.sep}`, '') };
}

/** Scores two files; names are `name.extension`, or a name alone. */
async function score(c: readonly [string, Content], r: readonly [string, Content], ...args: string[]) {
  const files = [path.join(folder, `c${c[0]}`), path.join(folder, `r${r[0]}`)] as const;
  await writeFile(files[0], c[1]);
  await writeFile(files[1], r[1]);
  const { code, out, err } = await run(
    ...['--candidates', files[0], '--references', files[1], '--metrics', 'bleu', '--format', 'json'],
    ...args,
  );
  const json = (code === 0 ? JSON.parse(out) : {}) as {
    pairedBy?: string;
    totals?: { bleu1: number };
    itemCount?: number;
    numUnmatched?: number;
    textFields?: unknown;
    notes?: string[];
    signatures?: { bleu: string };
  };
  return { code, err, json, bleu1: json.totals && Math.round(json.totals.bleu1 * 1e6) / 1e6 };
}

const A = 'Heart size is normal. There is no effusion.';
const B = 'There is a small left effusion.';

describe('reports of crrg score are paired by identifier', () => {
  it.each([
    'id',
    'ID',
    'Id',
    'study_id',
    'studyId',
    'StudyID',
    'Study ID',
    'study-id',
    'image_id',
    'dicom_id',
    'DICOM ID',
    'uid',
    'UID',
    'report_id',
    'accession_number',
    'AccessionNumber',
    'StudyInstanceUID',
    'SOPInstanceUID',
    'filename',
    'file_name',
    'image_path',
    'subject_id',
    'patient_id',
  ])('where both files have the field %s', async (name) => {
    const { json, bleu1 } = await score(
      ['.csv', `${name},text\ns1,${A}\ns2,${B}\n`],
      ['.csv', `${name},reference\ns2,${B}\ns1,${A}\n`],
    );
    expect([json.pairedBy, bleu1]).toEqual([`id (${name})`, 1]);
  });

  it('of different spellings, and of different names, which is said', async () => {
    const first = ['.csv', `Study_ID,text\n1,${A}\n2,${B}\n`] as const;
    const spelled = await score(first, [
      '.jsonl',
      `{"studyId":2,"text":"${B}"}\n{"studyId":1,"text":"${A}"}`,
    ]);
    expect([spelled.json.pairedBy, spelled.bleu1]).toEqual(['id (Study_ID, studyId)', 1]);
    const named = await score(first, ['.csv', `dicom_id,text\n2,${B}\n1,${A}\n`]);
    expect([named.json.pairedBy, named.bleu1]).toEqual(['id (Study_ID, dicom_id)', 1]);
  });

  it('by the field that --id-field names', async () => {
    const { json, bleu1 } = await score(
      ['.csv', `id,case,text\n1,x,${A}\n2,y,${B}\n`],
      ['.csv', `id,case,text\n1,y,${B}\n2,x,${A}\n`],
      '--id-field',
      'Case',
    );
    expect([json.pairedBy, bleu1]).toEqual(['id (case)', 1]);
  });

  it('by the more specific of two, since a study may have several pictures', async () => {
    const rows = `s1,d1,${A}\ns1,d2,${B}\n`;
    const { json } = await score(
      ['.csv', `study_id,dicom_id,text\n${rows}`],
      ['.csv', `study_id,dicom_id,text\n${rows}`],
    );
    expect(json.pairedBy).toBe('id (dicom_id)');
  });

  it('and refused where another identifier contradicts, such as the row number of a data frame', async () => {
    const { code, err } = await score(
      ['.csv', `id,study_id,text\n0,s1,${A}\n1,s2,${B}\n`],
      ['.csv', `id,study_id,text\n0,s2,${B}\n1,s1,${A}\n`],
    );
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^crrg: c\.csv: line 2: expected the same study_id as .*r\.csv: line 2, which has the same id, got s1 and s2; say with --id-field which one to pair by\.\n$/,
      ),
    ]);
  });

  it('with every digit, and written alike', async () => {
    const c = [
      '.jsonl',
      `{"id":9007199254740993,"text":"${A}"}\n{"id":9007199254740992,"text":"${B}"}`,
    ] as const;
    const same = await score(c, ['.csv', `id,text\n9007199254740992,${B}\n9007199254740993,${A}\n`]);
    expect([same.code, same.bleu1]).toEqual([0, 1]);
    const list = await score(c, [
      '.json',
      `[{"id":9007199254740992,"text":"${B}"},{"id":"9007199254740993","text":"${A}"}]`,
    ]);
    expect([list.code, list.bleu1]).toEqual([0, 1]);
    const other = await score(
      ['.jsonl', `{"id":9007199254740993,"text":"${A}"}`],
      ['.jsonl', `{"id":9007199254740992,"text":"${A}"}`],
    );
    expect([other.code, other.err]).toEqual([1, expect.stringContaining('got none.')]);
  });

  it.each([
    ['1.0', '1'],
    ['001', '1'],
    ['S1', 's1'],
    ['films/s1.png', 's1'],
  ])('so that %s is not %s, which the message says', async (ours, theirs) => {
    const { code, err } = await score(
      ['.csv', `id,text\n${ours},${A}\n`],
      ['.csv', `id,text\n${theirs},${A}\n`],
    );
    expect([code, err]).toEqual([
      1,
      expect.stringContaining(
        `identifier ${ours} in r.csv, got none. There is ${theirs}: write both the same way.`,
      ),
    ]);
  });

  it.each([
    '{"id":null,"text":"b"}',
    '{"text":"b"}',
    '{"id":"","text":"b"}',
    '{"id":"  ","text":"b"}',
    '{"id":{},"text":"b"}',
  ])('and refused where a row has none: %s', async (row) => {
    const { code, err } = await score(
      ['.jsonl', `{"id":"1","text":"a"}\n${row}`],
      ['.csv', `id,text\n1,a\n2,b\n`],
    );
    expect([code, err]).toEqual([
      1,
      'crrg: c.jsonl: line 2: expected an identifier in id, which other rows have, got none; fill it in, or pair with --by-order.\n',
    ]);
  });

  it('and refused where one file has none, unless --by-order is given', async () => {
    const files = [
      ['.csv', `id,text\n1,${A}\n2,${B}\n`],
      ['.csv', `text\n${A}\n${B}\n`],
    ] as const;
    const { code, err } = await score(...files);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^crrg: r\.csv: expected identifiers as in .*c\.csv \(id\), got none;/),
    ]);
    const turned = await score(files[1], files[0]);
    expect(turned.err).toMatch(/^crrg: c\.csv: expected identifiers as in .*r\.csv \(id\)/);
    const byOrder = await score(...files, '--by-order');
    expect([byOrder.json.pairedBy, byOrder.bleu1]).toEqual(['order', 1]);
  });

  it('and by order where no row of a column has one', async () => {
    const { json } = await score(['.csv', `id,text\n,${A}\n`], ['.csv', `id,text\n,${A}\n`]);
    expect(json.pairedBy).toBe('order');
  });

  it('and said in the lines of --items', async () => {
    const items = path.join(folder, 'items.jsonl');
    await score(['.csv', `uid,text\nx,${A}\n`], ['.csv', `uid,text\ny,b\nx,${A}\n`], '--items', items);
    expect(JSON.parse(await readFile(items, 'utf8'))).toMatchObject({ id: 'x', pairedBy: 'id (uid)' });
  });
});

const REPORTS = ['.jsonl', `{"id":"1","text":"${A}"}\n{"id":"2","text":"${B}"}`] as const;
const utf16 = (text: string, isBig = false) => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
};

describe('files of crrg score are told by their content', () => {
  it.each([
    ['a semicolon', `id;reference\n1;${A}\n2;${B}\n`],
    ['a semicolon and commas in the text', `id;reference\n1;"${A}"\n2;${B}\n`],
    ['a tab', `id\treference\n1\t${A}\n2\t${B}\n`],
    ['a bar', `id|reference\n1|${A}\n2|${B}\n`],
    ["Excel's line of the separator", `sep=;\r\nid;reference\r\n1;${A}\r\n2;${B}\r\n`],
    ['CRLF', `id,reference\r\n1,${A}\r\n2,${B}\r\n`],
    ['bare CR', `id,reference\r1,${A}\r2,${B}\r`],
    ['a byte order mark', `\uFEFFid,reference\n1,${A}\n2,${B}\n`],
    ['no end of the last line', `id,reference\n1,${A}\n2,${B}`],
    ['what Excel leaves behind', `id,reference,,\r\n1,${A},,\r\n2,${B},,\r\n,,,\r\n,,,\r\n`],
    ['short lines of separators behind', `id,reference\n1,${A}\n2,${B}\n,\n\n`],
    ["pandas' index", `,id,reference\n0,1,${A}\n1,2,${B}\n`],
    ['quoted names', `"id","reference"\n"1","${A}"\n"2","${B}"\n`],
  ])('CSV with %s', async (_, content) => {
    const { code, err, bleu1 } = await score(REPORTS, ['.csv', content]);
    expect([code, err, bleu1]).toEqual([0, '', 1]);
  });

  it.each([
    ['JSON Lines without an extension', '', `{"id":1,"reference":"${A}"}\n{"id":2,"reference":"${B}"}\n`],
    ['JSON Lines called .txt', '.txt', `{"id":1,"reference":"${A}"}\r\n{"id":2,"reference":"${B}"}\r\n`],
    ['JSON Lines called .json', '.json', `{"id":1,"reference":"${A}"}\n{"id":2,"reference":"${B}"}\n`],
    ['JSON Lines called .csv', '.csv', `{"id":1,"reference":"${A}"}\n{"id":2,"reference":"${B}"}\n`],
    ['a JSON list called .jsonl', '.jsonl', `[{"id":1,"reference":"${A}"},\n{"id":2,"reference":"${B}"}]`],
    ['a JSON list without an extension', '', `[{"id":1,"reference":"${A}"},\n{"id":2,"reference":"${B}"}]`],
    ['a table called .txt', '.txt', `id\treference\n1\t${A}\n2\t${B}\n`],
    ['a table called .tsv with commas', '.tsv', `id,reference\n1,${A}\n2,${B}\n`],
  ])('%s', async (_, extension, content) => {
    const { code, err, bleu1 } = await score(REPORTS, [extension, content]);
    expect([code, err, bleu1]).toEqual([0, '', 1]);
  });

  it('a plain text that begins with a bracket stays text', async () => {
    const text = '[Exam] Normal heart.\n{sic} No effusion.\n';
    const { json, bleu1 } = await score(['.txt', text], ['.txt', text]);
    expect([json.itemCount, json.pairedBy, bleu1]).toEqual([2, 'order', 1]);
  });

  it.each([
    ['UTF-16LE with a mark', utf16(`\uFEFF${A}\r\n${B}\r\n`), 'read as UTF-16LE.'],
    ['UTF-16BE with a mark', utf16(`\uFEFF${A}\r\n${B}\r\n`, true), 'read as UTF-16BE.'],
    ['UTF-16LE without a mark', utf16(`${A}\n${B}\n`), 'read as UTF-16LE.'],
    ['UTF-16BE without a mark', utf16(`${A}\n${B}\n`, true), 'read as UTF-16BE.'],
  ])('%s', async (_, bytes, note) => {
    const { err, json, bleu1 } = await score(['.txt', bytes], ['.txt', `${A}\n${B}\n`]);
    expect([err, bleu1]).toEqual([`crrg: c.txt: ${note}\n`, 1]);
    expect(json.notes).toEqual([expect.stringContaining(note)]);
  });

  it('Windows-1252, which is said', async () => {
    const text = 'The patient’s heart – normal, 37 °C, naïve.';
    const bytes = Buffer.from(text.replace('’', '\x92').replace('–', '\x96'), 'latin1');
    const { err, bleu1 } = await score(['.txt', bytes], ['.txt', `${text}\n`]);
    expect(err).toMatch(/^crrg: c\.txt: read as Windows-1252, because line 1 is no UTF-8;/);
    expect(bleu1).toBe(1);
  });

  it.each([
    ['a zero byte', Buffer.from('One\0 two.\n'), 'c.txt: expected text, got a zero byte in line 1;'],
    [
      'a damaged UTF-8 text',
      Buffer.from([...Buffer.from('naïve '), 0xff, 0x0a]),
      'c.txt: expected UTF-8 text, got a mixture',
    ],
    [
      'Cyrillic of Windows',
      Buffer.from([0xc1, 0xe5, 0xe7, 0x20, 0xef, 0xe0, 0xf2, 0x0a]),
      'c.txt: line 1: expected UTF-8 text, got another encoding;',
    ],
    [
      'half a letter of UTF-16',
      Buffer.from([0xff, 0xfe, 0x41, 0, 0x42]),
      'c.txt: expected UTF-16 text, got a damaged file;',
    ],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'c.txt: expected text, got a gzip file; unpack'],
    [
      'a workbook',
      Buffer.from('PK\x03\x04....xl/workbook.xml'),
      'c.txt: expected text, got an Excel workbook; save the sheet as CSV UTF-8.',
    ],
    ['an old workbook', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), 'got an older Excel workbook;'],
    ['zip', Buffer.from('PK\x03\x04....reports.csv'), 'got a zip archive; unpack it.'],
    ['Parquet', Buffer.from('PAR1....'), 'got a Parquet file;'],
    ['a pickle', Buffer.from([0x80, 4, 0x95, 0, 0]), 'got a Python pickle;'],
    ['a page', Buffer.from('<!DOCTYPE html><html>'), 'got a web page;'],
    [
      'a column name alone',
      Buffer.from('report\nNormal.\n'),
      'c.txt: line 1: expected a text, got "report", which looks like the name of a column;',
    ],
  ])('and refused in one line: %s', async (_, bytes, message) => {
    const { code, err } = await score(['.txt', bytes], ['.txt', 'One.\n']);
    expect([code, err.split('\n').length]).toEqual([1, 2]);
    expect(err).toContain(message);
  });

  it('and letters that were lost before are said', async () => {
    const { code, err } = await score(['.txt', 'One.\nThe heart\uFFFDs size.\n'], ['.txt', 'One.\nTwo.\n']);
    expect([code, err]).toEqual([0, expect.stringMatching(/^crrg: c\.txt: line 2 holds U\+FFFD/)]);
  });
});

describe('a CSV file of crrg score', () => {
  it('keeps a quoted empty cell of one column in its place', async () => {
    const { json, bleu1 } = await score(['.csv', 'text\nx\n""\ny\n'], ['.csv', 'text\nx\nb c\ny\n']);
    expect(json.itemCount).toBe(3);
    // Two words of two are right, and the references have two more.
    expect(bleu1).toBeCloseTo(Math.exp(1 - 4 / 2), 6);
  });

  it.each([
    [
      'an empty line of one column',
      'text\na\n\nb\n',
      'line 3: expected a cell, got an empty line; write "" for an empty text',
    ],
    [
      'an open quote',
      'id,text\n1,"open\n2,b\n3,c\n',
      'line 2: expected a closing quote, got the end of the file;',
    ],
    [
      'an open quote behind a cell of two lines',
      'id,text\n1,"a\nb"\n2,"c\n',
      'line 4: expected a closing quote',
    ],
    ['text behind a quote', 'id,text\n1,b\n2,"b" c\n', 'line 3: expected a separator after a closing quote;'],
    [
      'a quote inside',
      'id,text\n1,5" tube\n',
      'line 2: expected quotes around the whole cell, got one inside;',
    ],
    ['a cell too many', 'id,text\n1,a,b\n', 'line 2: expected 2 cells, got 3; quote cells'],
    ['a cell too few', 'id,text,other\n1,a\n', 'line 2: expected 3 cells, got 2;'],
    ['text behind the last name', 'id,text,,\n1,a,b,\n', 'line 2: expected 2 cells, got 4;'],
    ['a name twice', 'id,text,text\n1,a,b\n', 'line 1: expected each column once, got "text" twice;'],
    [
      'two spellings of a name',
      'id,text,Text\n1,a,b\n',
      'line 2: expected one field text, got text and Text;',
    ],
    ['no name', 'id,,text\n1,a,b\n', 'line 1: expected a name for column 2, got none;'],
  ])('is refused with file and line: %s', async (_, content, message) => {
    const { code, err } = await score(['.csv', content], ['.csv', 'id,text\n1,a\n']);
    expect([code, err]).toEqual([1, expect.stringContaining(`crrg: c.csv: ${message}`)]);
  });

  it('of 5 MB with an open quote is refused with its line', async () => {
    const rows = Array.from(
      { length: 70_000 },
      (_, at) => `${at},The heart is normal in size and there is no effusion.`,
    );
    const content = `id,text\n${rows.join('\n')}\n70000,"open\n${rows.join('\n')}`;
    const { err } = await score(['.csv', content], ['.csv', 'id,text\n1,a\n']);
    expect(err).toMatch(/^crrg: c\.csv: line 70002: expected a closing quote/);
  });
});

describe('a list in a cell', () => {
  it.each([
    ['JSON', '"[""a b c d"", ""x y""]"'],
    ['Python', `"['a b c d', 'x y']"`],
    ['a Python tuple', `"('a b c d', 'x y')"`],
    ['Python with both quotes', `"['a b c d', ""x 'y'""]"`],
  ])('of %s is several references', async (_, cell) => {
    const { json, bleu1 } = await score(
      ['.csv', 'id,text\n1,a b c d\n'],
      ['.csv', `id,references\n1,${cell}\n`],
    );
    expect([json.signatures?.bleu, bleu1]).toEqual([expect.stringContaining('refs:2'), 1]);
  });

  it('keeps escaped letters of Python', async () => {
    const { bleu1 } = await score(
      ['.csv', `id,text\n1,"it's a\tb \u00e9 c"\n`],
      ['.csv', `id,references\n1,"['it\\'s a\\tb \\xe9 c']"\n`],
    );
    expect(bleu1).toBe(1);
  });

  it.each([`['a' 'b']`, `['a', 'b]']x']`, `['a', None, 'b']`])(
    'that cannot be read is refused: %s',
    async (cell) => {
      const { code, err } = await score(['.csv', 'id,text\n1,a\n'], ['.csv', `id,references\n1,"${cell}"\n`]);
      expect([code, err]).toEqual([
        1,
        expect.stringContaining('r.csv: line 2: expected a text or a list of texts'),
      ]);
    },
  );

  it('is no candidate, unless it holds one text', async () => {
    const r = ['.csv', 'id,text\n1,a b\n'] as const;
    expect((await score(['.csv', `id,text\n1,['a b']\n`], r)).bleu1).toBe(1);
    expect((await score(['.csv', `id,text\n1,"['a', 'b']"\n`], r)).err).toContain(
      'line 2: expected one text, got a list',
    );
  });

  it('is not what begins with a bracket only', async () => {
    const text = '"[Exam] Normal [see below]"';
    const { bleu1, json } = await score(['.csv', `id,text\n1,${text}\n`], ['.csv', `id,text\n1,${text}\n`]);
    expect([json.itemCount, bleu1]).toEqual([1, 1]);
  });
});

describe('labels of crrg score', () => {
  async function labels(content: string, ...args: string[]) {
    const file = path.join(folder, 'p.csv');
    await writeFile(file, content);
    return run('--labels', file, ...args);
  }

  it('may have a decimal comma, which is said', async () => {
    const { code, out, err } = await labels('label;score\n0;0,1\n1;0,9\n', '--resamples', '0');
    expect([code, err]).toEqual([0, 'crrg: p.csv: numbers in score are read with a decimal comma.\n']);
    expect(out).toMatch(/Brier +0\.010/);
    const quoted = await labels('label,score\n0,"0,1"\n1,"0,9"\n', '--resamples', '0');
    expect(quoted.out).toMatch(/Brier +0\.010/);
  });

  it('with points and commas are refused by line', async () => {
    const { code, err } = await labels('label;score\n0;0.1\n1;0,9\n');
    expect([code, err]).toEqual([
      1,
      'crrg: p.csv: line 3: expected a finite number in score, got "0,9"; repair or leave out the line.\n',
    ]);
  });

  it('of a condition that cannot be scored are named, and the others scored', async () => {
    const zero = 'condition,label,score,weight\nA,0,0.1,1\nA,1,0.9,1\nB,0,0.4,0\nB,1,0.35,0\n';
    const weights = await labels(zero, '--resamples', '0');
    expect([weights.code, weights.err]).toEqual([
      1,
      'crrg: p.csv: condition B: expected a weight above 0, got none; leave the weights out.\n',
    ]);
    expect(weights.out).toMatch(/^score +A\n/);
    const lines = await labels(
      'condition,label,score\nA,0,0.1\nB,2,0.4\nA,1,0.9\nB,1,x\n',
      '--format',
      'json',
      '--resamples',
      '0',
    );
    expect(lines.err.split('\n').slice(0, 2)).toEqual([
      'crrg: p.csv: line 3 of condition B: expected label 0 or 1, got "2"; leave out what was not assessed.',
      'crrg: p.csv: line 5 of condition B: expected a finite number in score, got "x"; repair or leave out the line.',
    ]);
    const json = JSON.parse(lines.out) as { conditions: { condition: string }[]; failed: unknown[] };
    expect([json.conditions.map(({ condition }) => condition), json.failed.length]).toEqual([['A'], 2]);
  });

  it('of no condition beside named ones are refused', async () => {
    const { code, err } = await labels('condition,label,score\nA,0,0.1\n,1,0.9\n');
    expect([code, err]).toEqual([
      1,
      'crrg: p.csv: line 3: expected a condition, which other rows have, got none; fill it in.\n',
    ]);
  });

  it('of two rows say how many samples leave a score undefined', async () => {
    const { out } = await labels('label,score\n1,0.9\n0,0.1\n', '--resamples', '100');
    const json = JSON.parse(
      (await labels('label,score\n1,0.9\n0,0.1\n', '--resamples', '100', '--format', 'json')).out,
    ) as {
      conditions: { intervals: Record<string, { numUndefined: number }> }[];
    };
    const { auroc, brierScore } = json.conditions[0]!.intervals;
    // Both rows are drawn in half of the samples.
    expect(auroc!.numUndefined).toBeGreaterThan(30);
    expect(auroc!.numUndefined).toBeLessThan(70);
    expect(brierScore!.numUndefined).toBe(0);
    expect(out).toContain(
      `Of 100 samples of all items, undefined and left out: AUROC: ${auroc!.numUndefined}; AP:`,
    );
  });

  it('stop at a signal, in the middle of a bootstrap that would take hours', async () => {
    const file = path.join(folder, 'many.csv');
    const rows = Array.from({ length: 20_000 }, (_, at) => `${at % 2},0.${(at * 7919) % 1000}`);
    await writeFile(file, `label,score\n${rows.join('\n')}\n`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 600);
    let err = '';
    const code = await runCli(['score', '--labels', file, '--resamples', '10000000'], {
      stdout: { write: () => true },
      stderr: { write: (text) => (err += text) },
      signal: controller.signal,
    });
    expect([code, err]).toEqual([130, 'crrg: stopped\n']);
  });
});

describe('an extension', () => {
  it.each(['', '.md', '.constructor', '.toString'])(
    'that says nothing makes lines of text: "%s"',
    async (extension) => {
      const text = 'no acute disease of the chest\nno edema, lungs are clear\n';
      const { code, err, bleu1, json } = await score([extension, text], [extension, text]);
      expect({ code, err, bleu1, itemCount: json.itemCount }).toEqual({
        code: 0,
        err: '',
        bleu1: 1,
        itemCount: 2,
      });
    },
  );
});
