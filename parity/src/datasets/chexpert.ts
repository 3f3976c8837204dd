import { join } from 'node:path';
import {
  CHEXPERT_COLUMNS,
  chexpertRow,
  FIVE_BY_200_COLUMNS,
  formatCxrClipTable,
  parseCxrClipRow,
  parseFiveBy200Record,
  parsePromptTable,
  readChexpertStudies,
  readFiveBy200Patients,
  trainingSentences,
  validationPrompt,
  type PromptLabels,
} from '@crrg/datasets';
import { parseCsv, readCsv } from '@crrg/datasets/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, checkSets, goldenLines, goldenText } from './checks.js';
import { plainRow } from './plain-row.js';

interface ExpectedPrompt {
  readonly row: number;
  readonly text_label: readonly [string[], string[], string[]];
  readonly valid: string;
  readonly train_sentences: readonly string[];
}

async function checkPrompts(context: ParityContext): Promise<void> {
  const table = parsePromptTable(await goldenText(context, 'chexpert/prompts.json'), 'prompts.json');
  const expected = await goldenLines<ExpectedPrompt>(context, 'expected/chexpert/prompt_texts.jsonl');
  const ours = expected.map((each) => {
    const [positive, negative, uncertain] = each.text_label;
    const labels: PromptLabels = { positive, negative, uncertain };
    return {
      ...each,
      valid: validationPrompt(labels, table),
      train_sentences: [...trainingSentences(labels, table)].sort(),
    };
  });
  const theirs = expected.map((each) => ({ ...each, train_sentences: [...each.train_sentences].sort() }));
  checkRows(context, 'prompt_texts.jsonl', ours, theirs);
}

export async function checkChexpert(context: ParityContext): Promise<void> {
  const folder = join(context.folder, 'chexpert');
  const fiveBy200 = () => readCsv(join(folder, 'chexpert_5x200.csv'), { columns: FIVE_BY_200_COLUMNS });
  const excluded = await readFiveBy200Patients(fiveBy200());
  const rows = readCsv(join(folder, 'CheXpert-v1.0/train.csv'), { columns: CHEXPERT_COLUMNS });
  const studies = await readChexpertStudies(rows, excluded);
  const ours = parseCsv(formatCxrClipTable(studies.map(chexpertRow)), 'ours').map(parseCxrClipRow);
  const expected = await goldenText(context, 'expected/chexpert/chexpert_train.csv');
  const theirs = parseCsv(expected, 'chexpert_train.csv').map(parseCxrClipRow);
  checkSets(context, 'chexpert_train.csv', ours.map(plainRow), theirs.map(plainRow));

  const records: unknown[] = [];
  for await (const row of fiveBy200()) {
    const { image, text, label, labelIndex } = parseFiveBy200Record(row);
    records.push({ row: records.length, image, text, label, label_index: labelIndex });
  }
  const file = 'chexpert_5x200.records.jsonl';
  checkRows(context, file, records, await goldenLines(context, `expected/chexpert/${file}`));
  await checkPrompts(context);
}
