import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLabelledScores } from './labelled-scores.js';
import { readReportPairs } from './report-pairs.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'crrg-odd-'))));
afterAll(() => rm(folder, { recursive: true }));

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const NO_TEXT = '{"toString":1}';
const problemsOf = (error: unknown) =>
  (error as { problems: { message: string }[] }).problems.map(({ message }) => message);

async function labels(line: string): Promise<string[]> {
  const file = path.join(folder, 'labels.jsonl');
  await writeFile(file, `${line}\n`);
  return readLabelledScores(file).then(() => [], problemsOf);
}

it('values that no message can show are refused in one line', async () => {
  const deep = 'a value that is nested too deep';
  expect(await labels(`{"label":${DEEP},"score":0.5}`)).toEqual([
    `expected label 0 or 1, got ${deep}; leave out what was not assessed.`,
  ]);
  expect(await labels(`{"label":1,"score":${DEEP}}`)).toEqual([
    `expected a finite number in score, got ${deep}; repair or leave out the line.`,
  ]);
  const files = {
    candidates: path.join(folder, 'deep.jsonl'),
    references: path.join(folder, 'references.jsonl'),
  };
  await writeFile(files.candidates, `{"text":${DEEP}}\n`);
  await writeFile(files.references, '{"text":"clear"}\n');
  expect(await readReportPairs(files).catch(problemsOf)).toEqual([
    `expected a text in candidate or text or report, got ${deep}; --text-field names another field.`,
  ]);
});

it('objects are no labels and no names of conditions, whatever text they claim to be', async () => {
  expect(await labels(`{"label":${NO_TEXT},"score":0.5}`)).toEqual([
    `expected label 0 or 1, got ${NO_TEXT}; leave out what was not assessed.`,
  ]);
  expect(await labels('{"label":[1],"score":0.5}')).toEqual([
    'expected label 0 or 1, got [1]; leave out what was not assessed.',
  ]);
  expect(await labels(`{"condition":${NO_TEXT},"label":1,"score":0.5}`)).toEqual([
    'expected a condition, which other rows have, got none; fill it in.',
  ]);
});
