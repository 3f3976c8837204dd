import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHEXPERT_LABELS } from '@crrg/datasets';
import { CLINICAL_FINDINGS } from '@crrg/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runCommand } from '../__fixtures__/run.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-score-parts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, content);
  return place;
}

async function score(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runCommand(['score', ...args], { env: {} });
  const short = (text: string) => text.replaceAll(`${folder}${path.sep}`, '');
  return { code, out: short(stdout), err: short(stderr) };
}

interface Part {
  totals: Record<string, number>;
  intervals?: Record<string, { low: number; high: number }>;
  drawnBy?: string;
  numDrawn?: number;
  comparison?: {
    file: string;
    differences: Record<string, { difference: number; pValue: number; low: number }>;
  };
}

const lines = (items: readonly object[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');
const REFERENCES = ['the heart is big', 'lungs are clear', 'no edema', 'small effusion seen'].map(
  (text, at) => ({
    id: `r${at}`,
    subject_id: at < 2 ? 'p' : 'q',
    text,
  }),
);

describe('crrg score of reports', () => {
  it('gives intervals by patient where a file names them, and says so', async () => {
    const candidates = await file(
      'c.jsonl',
      lines(REFERENCES.map(({ id, text }, at) => ({ id, text: at < 2 ? text : 'nothing here' }))),
    );
    const files = ['--candidates', candidates, '--references', await file('r.jsonl', lines(REFERENCES))];
    const { code, out } = await score(
      ...files,
      '--metrics',
      'rouge',
      '--format',
      'json',
      '--resamples',
      '300',
    );
    expect(code).toBe(0);
    const { intervals, drawnBy, numDrawn } = JSON.parse(out) as Part;
    // Patient p has all words right, q none: a sample's mean is 0, 1/2 or 1.
    expect(intervals!['rouge1F1']).toMatchObject({ low: 0, high: 1 });
    expect([drawnBy, numDrawn]).toEqual(['patient (subject_id)', 2]);
    const { out: table } = await score(...files, '--metrics', 'rouge', '--resamples', '300');
    expect(table).toMatch(/ROUGE-1 F1 +0\.5000 \[0\.0000, 1\.0000\]\n/);
    expect(table).toContain(
      'Intervals: 95 %, percentile bootstrap over 2 patients (subject_id), 300 samples, seed 0.',
    );
    const { out: byReport } = await score(...files, '--patient-field', 'id', '--metrics', 'rouge');
    expect(byReport).toContain('over 4 patients (id), 1000 samples');
  });

  it('gives no interval where one patient is all there is', async () => {
    const all = await file('one.jsonl', lines([{ id: 'a', text: 'clear lungs' }]));
    const { out } = await score('--candidates', all, '--references', all, '--metrics', 'rouge');
    expect(out).toMatch(/ROUGE-1 F1 +1\.0000\n/);
    expect(out).toContain('No intervals: 1 report.');
  });

  it('compares two systems on the same reports, in whatever order the files have them', async () => {
    const worse = REFERENCES.map(({ id, text }) => ({ id, text: `${text.split(' ')[0]} x y z` })).reverse();
    const files = [
      ...[
        '--candidates',
        await file('r.jsonl', lines(REFERENCES)),
        '--references',
        await file('r.jsonl', lines(REFERENCES)),
      ],
      ...['--compare', await file('w.jsonl', lines(worse)), '--metrics', 'bleu,rouge'],
    ];
    const { code, out, err } = await score(...files, '--format', 'json');
    expect([code, err]).toEqual([0, '']);
    const { comparison } = JSON.parse(out) as Part;
    expect(comparison!.file).toBe('w.jsonl');
    const { difference, low, pValue } = comparison!.differences['rouge1F1']!;
    expect(difference).toBeGreaterThan(0.5);
    expect(low).toBeGreaterThan(0);
    // Two patients: of four swaps, none and all are as far apart.
    expect(pValue).toBe(0.5);
    const { comparison: plain } = JSON.parse(
      (await score(...files, '--format', 'json', '--resamples', '0')).out,
    ) as Part;
    expect(plain!.differences['rouge1F1']).toMatchObject({ difference, pValue });
    expect(plain!.differences['rouge1F1']).not.toHaveProperty('low');
    const { out: table } = await score(...files);
    expect(table).toMatch(/^score +candidates +compared +difference +p\n/);
    expect(table).toContain(
      'Compared with w.jsonl: a positive difference is a higher score of the candidates.',
    );
    expect(table).toContain('p: two-sided, 4 paired swaps over 2 patients (subject_id)');
  });

  it('prints no sign before a difference of nothing', async () => {
    const file1 = await file('r.jsonl', lines(REFERENCES));
    const files = ['--candidates', file1, '--references', file1, '--compare', file1];
    const { out } = await score(...files, '--metrics', 'tfidf');
    expect(out).toMatch(/0\.0000 \[0\.0000, 0\.0000\]/);
    expect(out).not.toContain('-0.0000');
  });

  it('refuses to compare with other reports', async () => {
    const references = await file('r.jsonl', lines(REFERENCES));
    const fewer = await file('f.jsonl', lines(REFERENCES.slice(1)));
    const { code, err } = await score(
      ...['--candidates', references, '--references', references, '--compare', fewer, '--metrics', 'bleu'],
    );
    expect([code, err]).toEqual([
      1,
      'crrg: r.jsonl: line 1: expected a report with the identifier r0 in f.jsonl, got none; compare the same reports.\n',
    ]);
  });

  it('matches paraphrases of the table that is given, and says how many it has', async () => {
    const [candidates, references] = [
      await file('a.txt', 'big heart\n'),
      await file('b.txt', 'cardiomegaly\n'),
    ];
    const table = await file('table.txt', '0.1\ncardiomegaly\nbig heart\n');
    const files = ['--candidates', candidates, '--references', references, '--metrics', 'meteor'];
    expect((await score(...files)).out).toMatch(/METEOR +0\.0000\n/);
    const { out } = await score(...files, '--meteor-paraphrases', table);
    expect(out).toMatch(/METEOR +0\.[1-9]/);
    expect(out).toContain('stages:exact+stem+synonym+paraphrase|lexicon:wordnet-3.0|paraphrases:1');
    const { code, err } = await score(...files, '--meteor-paraphrases', candidates);
    expect(code).toBe(1);
    expect(err).toMatch(/^crrg: a\.txt: .*expected a number in line 1, got "big heart"/);
  });

  it('stems for ROUGE where asked', async () => {
    const [candidates, references] = [await file('a.txt', 'opacities\n'), await file('b.txt', 'opacity\n')];
    const files = ['--candidates', candidates, '--references', references, '--metrics', 'rouge'];
    expect((await score(...files)).out).toMatch(/ROUGE-1 F1 +0\.0000/);
    expect((await score(...files, '--rouge-stem')).out).toMatch(/ROUGE-1 F1 +1\.0000/);
  });
});

const HEADER = `Report Impression,${CLINICAL_FINDINGS.join()}`;
const labelRow = (values: Partial<Record<string, string>>) =>
  `text,${CLINICAL_FINDINGS.map((name) => values[name] ?? '').join()}`;

describe('crrg score of label files', () => {
  const candidates = [HEADER, labelRow({ Edema: '-1.0', Fracture: '1' }), labelRow({ Edema: '0.0' })].join(
    '\n',
  );
  const references = [HEADER, labelRow({ Edema: '1.0', Fracture: '1.0' }), labelRow({ Edema: '1' })].join(
    '\n',
  );

  it("gives CheXbert F1 with f1chexbert's rule, or the one that is chosen", async () => {
    const files = [
      ...['--chexbert-candidates', await file('cc.csv', candidates)],
      ...['--chexbert-references', await file('cr.csv', references)],
    ];
    const of = async (...rule: string[]) =>
      (JSON.parse((await score(...files, '--format', 'json', ...rule)).out) as { chexbert: Part }).chexbert
        .totals;
    // Two of three stated, none too much.
    expect((await of())['chexbertMicro14F1']).toBe(0.8);
    expect((await of('--uncertain', 'negative'))['chexbertMicro14F1']).toBe(0.5);
    expect((await of('--uncertain', 'ignore'))['chexbertMicro14F1']).toBeCloseTo(2 / 3, 14);
    const rgrg = await of('--uncertain', 'rgrg');
    expect(rgrg['chexbertMicro14F1']).toBe(0.8);
    expect(rgrg['chexbertExample14F1']).toBeCloseTo((2 / 3 + 0) / 2, 14);
    const { out } = await score(...files, '--uncertain', 'rgrg', '--resamples', '50');
    expect(out).toMatch(/^score +value\n/);
    expect(out).toMatch(/CheXbert micro-14 precision +1\.0000/);
    expect(out).toMatch(/CheXbert Pleural Effusion F1 +–\n/);
    expect(out).toContain('2 reports, paired by order.');
    expect(out).toContain('|uncertain:rgrg|');
  });

  it('refuses other values, and a file that lacks a finding', async () => {
    const bad = await file('bad.csv', [HEADER, labelRow({ Edema: '2' })].join('\n'));
    const good = await file('good.csv', [HEADER, labelRow({ Edema: '1' })].join('\n'));
    expect((await score('--chexbert-candidates', bad, '--chexbert-references', good)).err).toBe(
      'crrg: bad.csv: line 2: expected 1, 0, -1 or a blank for Edema, got "2"; give the labels that CheXbert writes.\n',
    );
    const dotted = await file('dotted.csv', [HEADER, labelRow({ Edema: '.0' })].join('\n'));
    expect((await score('--chexbert-candidates', dotted, '--chexbert-references', good)).err).toContain(
      'for Edema, got ".0"',
    );
    const short = await file('short.csv', 'Edema\n1\n');
    expect((await score('--chexbert-candidates', good, '--chexbert-references', short)).err).toBe(
      'crrg: short.csv: expected a field Enlarged Cardiomediastinum, got Edema; give a column for each of the 14 findings.\n',
    );
  });

  it("reads the columns of CheXpert's own files, whose findings are the same in another order", () => {
    expect([...CHEXPERT_LABELS].sort()).toEqual([...CLINICAL_FINDINGS].sort());
  });
});

describe('crrg score of graphs', () => {
  const heart = (label: string) => ({
    text: 'big heart',
    entities: {
      '1': { tokens: 'big', label, start_ix: 0, end_ix: 0, relations: [['modify', '2']] },
      '2': { tokens: 'heart', label: 'Anatomy::definitely present', start_ix: 1, end_ix: 1, relations: [] },
    },
  });
  const present = heart('Observation::definitely present');
  const absent = heart('Observation::definitely absent');

  it('gives RadGraph F1 at each level, beside other scores', async () => {
    const files = [
      ...['--radgraph-candidates', await file('g.json', JSON.stringify({ '0': present, '1': absent }))],
      ...['--radgraph-references', await file('h.json', JSON.stringify({ '1': present, '0': present }))],
      ...[
        '--radcliq',
        await file('q.csv', 'study_id,radgraph_combined,bertscore,semb_score,bleu_score\n1,1,1,1,1\n'),
      ],
    ];
    const { code, out } = await score(...files, '--format', 'json');
    expect(code).toBe(0);
    const { radgraph, radcliq } = JSON.parse(out) as { radgraph: Part; radcliq: Part };
    expect(radgraph.totals).toEqual({
      radgraphSimple: 0.75,
      radgraphPartial: 0.75,
      radgraphComplete: 0.75,
      radgraphCombined: 0.625,
    });
    expect(radcliq.totals['radcliqV1']).toBeCloseTo(-1.4407, 4);
    const { out: table } = await score(...files);
    expect(table).toMatch(/RadGraph F1 partial +0\.7500 \[0\.5000, 1\.0000\]\nRadGraph F1 complete/);
    expect(table).toContain('RadCliQ-v1 estimates errors: lower is better.');
  });

  it('names the report that is no graph, and the one without a reference', async () => {
    const good = await file('h.json', JSON.stringify({ '0': present }));
    const bad = await file('g.json', JSON.stringify({ '0': { text: 'x' } }));
    expect((await score('--radgraph-candidates', bad, '--radgraph-references', good)).err).toBe(
      'crrg: g.json: report 0: expected an object with entities, got object; give the graphs that radgraph writes.\n',
    );
    const other = await file('o.json', JSON.stringify({ '7': present }));
    expect((await score('--radgraph-candidates', other, '--radgraph-references', good)).err).toBe(
      'crrg: o.json: report 7: expected a report with the same key in h.json, got none; give both sides the same keys.\n',
    );
  });
});

describe('crrg score', () => {
  it.each([
    [
      ['--chexbert-candidates', 'x'],
      'crrg: score: expected --chexbert-candidates and --chexbert-references; name both.',
    ],
    [
      ['--radgraph-compare', 'x'],
      'crrg: score: expected --radgraph-candidates and --radgraph-references; name both.',
    ],
    [
      ['--radcliq', 'x', '--items', 'y'],
      'crrg: score: expected --candidates and --references for --items, got none; name the files.',
    ],
    [
      ['--labels', 'x', '--radcliq', 'y'],
      "crrg: option '--labels <file>' cannot be used with option '--radcliq <file>'",
    ],
  ])('refuses a wrong command line: %j', async (args, line) => {
    const { code, out, err } = await score(...args);
    expect([code, out, err.split('\n')[0]]).toEqual([2, '', line]);
  });
});
