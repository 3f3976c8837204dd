import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CLINICAL_FINDINGS } from '@crrg/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runCommand } from '../__fixtures__/run.js';
import { WORDS, writeTextNetwork } from '../__fixtures__/tiny-text-network.js';

let folder: string;
const at = (name: string) => path.join(folder, name);

async function score(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runCommand(['score', ...args], { env: {} });
  const short = (text: string) => text.replaceAll(`${folder}${path.sep}`, '');
  return { code, out: short(stdout), err: short(stderr) };
}

interface Part {
  totals: Record<string, number>;
  signatures: Record<string, string>;
  comparison?: { totals: Record<string, number> };
}

async function scorePart(name: string, ...args: string[]): Promise<Part> {
  const { code, out, err } = await score(...args, '--metrics', 'rouge', '--format', 'json');
  expect([code, err]).toEqual([0, '']);
  return (JSON.parse(out) as Record<string, Part>)[name]!;
}

/** Marks point one way, edema and effusion two others, clear and lungs between these. */
const DIRECTIONS: Readonly<Record<string, number[]>> = {
  edema: [1, 0, 0],
  effusion: [0, 1, 0],
  clear: [1, 1, 0],
  lungs: [2, 2, 0],
};
const HEADS = CLINICAL_FINDINGS.map((finding) => (finding === 'No Finding' ? 2 : 4));
const NUM_LOGITS = HEADS.reduce((sum, size) => sum + size, 0);

/** Logits of one word: `classes` of the findings that it speaks of, blank for all others. */
function logitsOf(classes: Readonly<Record<string, number>>): number[] {
  return CLINICAL_FINDINGS.flatMap((finding, head) =>
    Array.from({ length: HEADS[head]! }, (_, each) => Number(each === classes[finding])),
  );
}

let texts: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-score-networks-'));
  await writeTextNetwork(
    at('encoder'),
    WORDS.map((word) => DIRECTIONS[word] ?? [0, 0, 1]),
    (_, states) => ({ last_hidden_state: states }),
  );
  const said: Record<string, Record<string, number>> = {
    edema: { Edema: 1 },
    effusion: { 'Pleural Effusion': 3 },
    clear: { Edema: 2, 'No Finding': 1 },
  };
  await writeTextNetwork(
    at('chexbert'),
    WORDS.map((word) => logitsOf(said[word] ?? {})),
    (ops, states) => {
      const sum = ops.sum(states, { axes: [1] });
      let start = 0;
      const heads = HEADS.map((size, head) => {
        const output = ops.slice(sum, { axes: [1], starts: [start], ends: [start + size] });
        start += size;
        return [`head${String(head).padStart(2, '0')}`, output] as const;
      });
      expect(start).toBe(NUM_LOGITS);
      return Object.fromEntries(heads);
    },
  );
  await writeFile(at('c.txt'), 'Edema clear.\nEffusion\n');
  await writeFile(at('r.txt'), 'effusion\neffusion\n');
  texts = ['--candidates', at('c.txt'), '--references', at('r.txt')];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg score --bertscore', () => {
  it('matches tokens by the vectors of the network: hand-checked', async () => {
    const { totals, signatures } = await scorePart('bertscore', ...texts, '--bertscore', at('encoder'));
    // Of "edema", "clear" and the unknown full stop against "effusion": cosines 0, sqrt(1/2), and 1 with a mark; back: sqrt(1/2). The second is equal.
    const precision = (0 + Math.SQRT1_2 + 1) / 3;
    const recall = Math.SQRT1_2;
    expect(totals['bertscorePrecision']).toBeCloseTo((precision + 1) / 2, 6);
    expect(totals['bertscoreRecall']).toBeCloseTo((recall + 1) / 2, 6);
    expect(totals['bertscoreF1']).toBeCloseTo(((2 * precision * recall) / (precision + recall) + 1) / 2, 6);
    expect(signatures['bertscore']).toMatch(/\|model:encoder@[0-9a-f]{12}\|idf:no\|rescaled:no$/);
  });

  it('weighs by idf, rescales, and compares', async () => {
    const rescaled = await scorePart(
      'bertscore',
      ...[...texts, '--compare', at('r.txt'), '--bertscore', at('encoder')],
      ...['--bertscore-idf', '--bertscore-baseline', '0.5,0.5,0.5'],
    );
    // "effusion" is in every reference and weighs nothing: only edema, clear and the full stop count, and references have nothing that does.
    expect(rescaled.totals['bertscoreRecall']).toBeCloseTo((0 - 0.5) / 0.5, 6);
    expect(rescaled.signatures['bertscore']).toContain('|idf:references|rescaled:yes');
    expect(rescaled.comparison!.totals['bertscoreF1']).toBeCloseTo(-1, 6);
  });

  it('says how many texts were cut', async () => {
    await writeFile(at('long.txt'), 'clear clear clear clear clear clear clear\nclear\n');
    const files = ['--candidates', at('long.txt'), '--references', at('r.txt'), '--metrics', 'rouge'];
    const { out } = await score(...files, '--bertscore', at('encoder'));
    expect(out).toContain('BERTScore: 1 text is longer than 6 tokens; the rest is not read.');
  });

  it('refuses a folder without a network, and a network without vectors', async () => {
    expect((await score(...texts, '--bertscore', folder)).err).toBe(
      `crrg: ${folder}: expected a folder with model.onnx and tokenizer.json, got none; export the network to ONNX first.\n`,
    );
    expect((await score(...texts, '--metrics', 'rouge', '--bertscore', at('chexbert'))).err).toMatch(
      /^crrg: chexbert: expected an output last_hidden_state, got head00, .*; export the layer/,
    );
  });
});

describe('crrg score --chexbert', () => {
  it('labels both sides by the most likely class of each head: hand-checked', async () => {
    const part = await scorePart('chexbert', ...texts, '--chexbert', at('chexbert'), '--uncertain', 'rgrg');
    // First: Edema positive (a tie of positive and negative, the first wins) and No Finding, instead of an uncertain effusion; second: the same effusion.
    expect(part.totals).toMatchObject({
      chexbertMicro14Precision: 1 / 3,
      chexbertMicro14Recall: 1 / 2,
      chexbertPleuralEffusionF1: 2 / 3,
      chexbertEdemaF1: 0,
      chexbertExample14F1: 0,
    });
    expect(part.signatures['chexbert']).toMatch(
      /\|uncertain:rgrg\|undefined:0\|labeller:chexbert@[0-9a-f]{12}$/,
    );
  });

  it('refuses a network with other outputs, and label files beside it', async () => {
    expect((await score(...texts, '--metrics', 'rouge', '--chexbert', at('encoder'))).err).toBe(
      'crrg: encoder: expected an output for each of the 14 findings, got 1; export CheXbert with its heads.\n',
    );
    const { code } = await score(
      ...texts,
      '--chexbert',
      at('chexbert'),
      '--chexbert-candidates',
      at('c.txt'),
    );
    expect(code).toBe(2);
  });

  it('needs texts', async () => {
    const { code, err } = await score('--chexbert', at('chexbert'));
    expect([code, err.split('\n')[0]]).toEqual([
      2,
      'crrg: score: expected --candidates and --references for --chexbert, got none; name the files.',
    ]);
  });
});
