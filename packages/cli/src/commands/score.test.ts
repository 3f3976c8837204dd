import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runCommand } from '../__fixtures__/run.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-score-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);

async function file(name: string, content: string): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

async function score(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runCommand(['score', ...args], { env: {} });
  return { code, out: stdout, err: stderr.replaceAll(`${folder}${path.sep}`, '') };
}

const CANDIDATES = [
  '{"id":"a","text":"Mild cardiomegaly. No pleural effusion."}',
  '{"id":"b","text":"Normal heart size. Left effusion."}',
].join('\n');
const REFERENCES =
  'id,reference\nb,"Small left\neffusion."\nc,Clear lungs.\na,Mild cardiomegaly. No pleural effusion.\n';

describe('crrg score of reports', () => {
  it('pairs by identifier and gives all scores, with what they were made of', async () => {
    const [candidates, references] = [await file('c.jsonl', CANDIDATES), await file('r.csv', REFERENCES)];
    const { code, out, err } = await score(
      '--candidates',
      candidates,
      '--references',
      references,
      '--format',
      'json',
    );
    expect([code, err]).toEqual([0, '']);
    const { totals, ...rest } = JSON.parse(out) as {
      totals: Record<string, number>;
      signatures: Record<string, string>;
    };
    expect(rest).toMatchObject({ schema: 'crrg/score/1', kind: 'reports', itemCount: 2, numUnmatched: 1 });
    expect(Object.keys(rest.signatures)).toEqual([
      ...['bleu', 'rougeL', 'rouge', 'cider', 'meteor', 'tfidf', 'clinical', 'temporal'],
    ]);
    // 5 and 2 of 5 words each are in the references, which are shorter: no brevity penalty.
    expect(totals['bleu1']).toBeCloseTo(7 / 10, 8);
    expect(totals['clinicalMicro5F1']).toBe(1);
  });

  it('gives every score a name that people read', async () => {
    const files = [
      '--candidates',
      await file('c.jsonl', CANDIDATES),
      '--references',
      await file('r.csv', REFERENCES),
    ];
    const { totals } = JSON.parse((await score(...files, '--format', 'json')).out) as { totals: object };
    const { out: table } = await score(...files);
    const inCode = Object.keys(totals).filter((name) => new RegExp(`^${name} `, 'm').test(table));
    expect(inCode).toEqual([]);
  });

  it('pairs by order where there are no identifiers, and writes a line of scores for each report', async () => {
    const [candidates, references] = [
      await file('c.txt', 'One two.\nThree four.\n'),
      await file('r.txt', 'One two.\nThree five.\n'),
    ];
    const { code, out } = await score(
      ...['--candidates', candidates, '--references', references],
      ...['--metrics', 'rougel', '--tokenizer', 'none', '--items', at('items.jsonl'), '--resamples', '0'],
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^score +value\nROUGE-L +0\.7500\n\n2 reports, paired by order\.\nTexts: text of .*\nrougeL\|.*tok:none/,
    );
    const items = (await readFile(at('items.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(items.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { id: 1, pairedBy: 'order', rougeL: 1 },
      { id: 2, pairedBy: 'order', rougeL: 0.5 },
    ]);
  });

  it('takes several references in JSON and the reports of crrg report', async () => {
    const candidates = await file(
      'reports.jsonl',
      '{"schema":"crrg/report/1","input":{"file":"1.png"},"text":"No edema."}',
    );
    const references = await file('many.json', '[{"id":"1.png","references":["Edema.","No edema."]}]');
    const { code, out } = await score(
      '--candidates',
      candidates,
      '--references',
      references,
      '--metrics',
      'bleu',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/BLEU-2 +1\.0000/);
  });

  it('draws what the reports say of the findings', async () => {
    const [candidates, references] = [await file('c.jsonl', CANDIDATES), await file('r.csv', REFERENCES)];
    const plots = at('report-plots');
    const { code, err } = await score(
      '--candidates',
      candidates,
      '--references',
      references,
      '--metrics',
      'bleu',
      '--plots',
      plots,
    );
    expect([code, err]).toEqual([0, `wrote ${path.join('report-plots', 'clinical-labels.svg')}\n`]);
    expect(await readFile(path.join(plots, 'clinical-labels.svg'), 'utf8')).toContain('>not mentioned<');
  });

  it.each([
    [
      'no text',
      'x.jsonl',
      '{"id":"a"}\n{"id":"b","text":5}',
      'r.csv',
      REFERENCES,
      [
        'crrg: x.jsonl: line 1: expected a text in candidate or text or report, got no such field; --text-field names another field.',
        'crrg: x.jsonl: line 2: expected a text in candidate or text or report, got 5; --text-field names another field.',
      ],
    ],
    [
      'broken JSON',
      'x.jsonl',
      '{"id":"a","text":"b"}\n{',
      'r.csv',
      REFERENCES,
      [/^crrg: x\.jsonl: line 2: expected a JSON object, got .*JSON/],
    ],
    [
      'an empty reference',
      'x.txt',
      'One.\nTwo.',
      'r.txt',
      'One.\n\n',
      [
        /^crrg: r\.txt: line 2: expected a reference text .*, got an empty text; leave the item out of both files\.$/,
      ],
    ],
    [
      'unequal lengths',
      'x.txt',
      'One.\nTwo.',
      'r.txt',
      'One.\n',
      [/^crrg: r\.txt: expected as many items as .*x\.txt, 2, got 1;/],
    ],
    [
      'a candidate without a reference',
      'x.jsonl',
      '{"id":"z","text":"b"}',
      'r.csv',
      REFERENCES,
      [/^crrg: x\.jsonl: line 1: expected a reference with the identifier z in .*r\.csv, got none\.$/],
    ],
    [
      'an identifier twice',
      'x.jsonl',
      `${CANDIDATES}\n${CANDIDATES.split('\n')[0]}`,
      'r.csv',
      REFERENCES,
      [
        /^crrg: x\.jsonl: line 3: expected an identifier of its own in id, got a, which .*x\.jsonl: line 1 has; --id-field/,
      ],
    ],
    [
      'no items',
      'x.txt',
      '',
      'r.csv',
      REFERENCES,
      ['crrg: x.txt: expected at least one item, got none; check the file.'],
    ],
  ])('says in one line each what is wrong: %s', async (_, name, content, other, otherContent, lines) => {
    const { code, out, err } = await score(
      '--candidates',
      await file(name, content),
      '--references',
      await file(other, otherContent),
    );
    expect([code, out]).toEqual([1, '']);
    const found = err.trimEnd().split('\n');
    expect(found).toHaveLength(lines.length);
    for (const [index, line] of lines.entries())
      expect(found[index]).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
  });

  it('says once which column is missing', async () => {
    const [candidates, references] = [
      await file('x.csv', 'id,txt\na,b\nb,c\n'),
      await file('r.csv', REFERENCES),
    ];
    const { code, err } = await score('--candidates', candidates, '--references', references);
    const line =
      'crrg: x.csv: expected a field candidate or text or report, got id, txt; --text-field names another one.\n';
    expect([code, err]).toEqual([1, line]);
    const named = await score(
      ...['--candidates', candidates, '--references', candidates],
      ...['--text-field', 'txt', '--metrics', 'bleu'],
    );
    expect([named.code, named.out]).toEqual([0, expect.stringMatching(/BLEU-1 +1\.0000/)]);
  });

  it('says which file is missing', async () => {
    const { code, err } = await score('--candidates', at('none.txt'), '--references', at('none.csv'));
    expect([code, err]).toEqual([1, 'crrg: none.txt: cannot be read: there is no such file.\n']);
  });
});

const LABELS = 'label,score\n0,0.1\n0,0.4\n1,0.35\n1,0.8\n';

describe('crrg score of a classifier', () => {
  it('gives every score with its interval', async () => {
    const labels = await file('l.csv', LABELS);
    const { code, out } = await score(
      '--labels',
      labels,
      '--format',
      'json',
      '--resamples',
      '200',
      '--seed',
      '3',
    );
    expect(code).toBe(0);
    const { conditions, ...rest } = JSON.parse(out) as {
      conditions: {
        metrics: Record<string, number>;
        intervals: Record<string, { low: number; high: number }>;
      }[];
    };
    expect(rest).toEqual({
      schema: 'crrg/score/1',
      kind: 'labels',
      threshold: 0.5,
      resamples: 200,
      seed: 3,
      level: 0.95,
    });
    expect(conditions).toHaveLength(1);
    expect(conditions[0]!.metrics).toMatchObject({ auroc: 0.75, accuracy: 0.75, precision: 1, recall: 0.5 });
    const { low, high } = conditions[0]!.intervals['auroc']!;
    expect(low).toBeLessThan(0.75);
    expect(high).toBe(1);
  });

  it('scores conditions apart and says what is undefined and why', async () => {
    const rows = ['edema,0,0.2', 'edema,1,0.9', 'fracture,0,0.3', 'fracture,false,0.2'];
    const labels = await file('two.csv', `condition,label,score\n${rows.join('\n')}\n`);
    const { out } = await score('--labels', labels, '--resamples', '0');
    expect(out).toMatch(/^score +edema +fracture\n/);
    expect(out).toMatch(/AUROC +1\.000 +–\n/);
    expect(out).toContain('Undefined for fracture: AUROC: no item is positive; AP: no item is positive;');
    expect(out).not.toContain('NaN');
  });

  it('has a row for each of many conditions', async () => {
    const rows = Array.from({ length: 8 }, (_, index) => `c${index >> 1},${index & 1},0.${index + 1}`);
    const labels = await file('many.csv', `condition,label,score\n${rows.join('\n')}\n`);
    const { out } = await score('--labels', labels, '--resamples', '0', '--format', 'latex');
    expect(out).toContain('condition & items & positive & AUROC');
    expect(out).toContain('c3 & 2 & 0.500 & 1.000');
  });

  it('counts weights', async () => {
    const labels = await file(
      'w.jsonl',
      '{"label":1,"score":0.9,"weight":3}\n{"label":0,"score":0.7,"weight":1}\n',
    );
    const { out } = await score('--labels', labels, '--resamples', '0');
    expect(out).toMatch(/precision +0\.750\n/);
  });

  it.each(['svg', 'png'])('draws its curves as %s', async (format) => {
    const plots = at(`plots-${format}`);
    const { code } = await score(
      ...['--labels', await file('l.csv', LABELS), '--resamples', '0'],
      ...['--plots', plots, '--plot-format', format, '--quiet'],
    );
    expect(code).toBe(0);
    const names = ['calibration', 'confusion', 'precision-recall', 'roc'];
    expect((await readdir(plots)).sort()).toEqual(names.map((name) => `${name}.${format}`));
    const head = (await readFile(path.join(plots, `roc.${format}`))).subarray(0, 4).toString('latin1');
    expect(head).toBe(format === 'svg' ? '<svg' : '\x89PNG');
  });

  it('leaves out the plots of what is undefined', async () => {
    const plots = at('plots-one-class');
    const labels = await file('one.csv', 'label,score\n0,-3\n0,4\n');
    await score('--labels', labels, '--resamples', '0', '--plots', plots);
    expect(await readdir(plots)).toEqual(['confusion.svg']);
  });

  it('says in one line each what is wrong', async () => {
    const labels = await file('bad.csv', 'label,score\n1,0.4\n2,0.5\n0,abc\n1,NaN\n,0.2\n');
    const { code, out, err } = await score('--labels', labels);
    expect([code, out]).toEqual([1, '']);
    expect(err.trimEnd().split('\n')).toEqual([
      'crrg: bad.csv: line 3: expected label 0 or 1, got "2"; leave out what was not assessed.',
      'crrg: bad.csv: line 4: expected a finite number in score, got "abc"; repair or leave out the line.',
      'crrg: bad.csv: line 5: expected a finite number in score, got "NaN"; repair or leave out the line.',
      'crrg: bad.csv: line 6: expected label 0 or 1, got ""; leave out what was not assessed.',
    ]);
  });

  it('says once which column is missing', async () => {
    const { err } = await score('--labels', await file('bad.csv', 'label,p\n1,0.4\n0,0.5\n'));
    expect(err).toBe('crrg: bad.csv: expected a field score, got label, p; name the columns.\n');
  });

  it('prints the first twenty bad lines and counts the rest', async () => {
    const labels = await file('worse.csv', `label,score\n${'x,1\n'.repeat(50)}`);
    const lines = (await score('--labels', labels)).err.trimEnd().split('\n');
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('crrg: 30 more bad lines');
  });
});

describe('crrg score', () => {
  it.each([
    [
      ['--candidates', 'x'],
      'crrg: score: expected --candidates and --references, or --labels; name the files.',
    ],
    [
      ['--labels', 'x', '--candidates', 'y'],
      "crrg: option '--labels <file>' cannot be used with option '--candidates <file>'",
    ],
    [
      ['--candidates', 'x', '--references', 'y', '--metrics', 'bleu,bertscore'],
      'crrg: --metrics: expected names of bleu, rougeL, rouge, cider, meteor, tfidf, clinical, temporal, got bertscore.',
    ],
    [
      ['--labels', 'x', '--resamples', '1'],
      "crrg: option '--resamples <count>' argument '1' is invalid. expected 0 or a whole number from 2 for --resamples.",
    ],
    [
      ['--labels', 'x', '--format', 'xml'],
      "crrg: option '--format <name>' argument 'xml' is invalid. Allowed choices are table, json, latex.",
    ],
  ])('refuses a wrong command line: %j', async (args, line) => {
    const { code, out, err } = await score(...args);
    expect([code, out, err.split('\n')[0]]).toEqual([2, '', line]);
  });
});
