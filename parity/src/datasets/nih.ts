import { join } from 'node:path';
import {
  formatNihTable,
  nihPromptLabels,
  NIH_COLUMNS,
  parseNihList,
  parsePromptTable,
  readNihBoxes,
  readNihEntries,
  splitNih,
  validationPrompt,
  type NihEntry,
} from '@crrg/datasets';
import { readCsv } from '@crrg/datasets/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, checkText, goldenLines, goldenText } from './checks.js';

async function readAll(context: ParityContext, file: string): Promise<NihEntry[]> {
  const rows = readCsv(join(context.folder, 'nih', file), { columns: NIH_COLUMNS });
  const entries: NihEntry[] = [];
  for await (const entry of readNihEntries(rows)) entries.push(entry);
  return entries;
}

interface ExpectedPrompt {
  readonly image: string;
  readonly text_label: readonly string[];
  readonly valid: string;
}

async function checkPrompts(context: ParityContext): Promise<void> {
  const table = parsePromptTable(await goldenText(context, 'chexpert/prompts.json'), 'prompts.json');
  const expected = await goldenLines<ExpectedPrompt>(context, 'expected/nih/prompt_texts.jsonl');
  const ours = expected.map((each) => ({
    ...each,
    valid: validationPrompt(nihPromptLabels(each.text_label), table),
  }));
  checkRows(context, 'prompt_texts.jsonl', ours, expected);
}

export async function checkNih(context: ParityContext): Promise<void> {
  const entries = await readAll(context, 'Data_Entry_2017_v2020.csv');
  const older = await readAll(context, 'Data_Entry_2017.csv');
  const withoutPlace = (list: readonly NihEntry[]) => list.map(({ where: _, ...entry }) => entry);
  checkRows(context, 'the older edition as the newer', withoutPlace(older), withoutPlace(entries));

  const boxes = await readNihBoxes(readCsv(join(context.folder, 'nih/BBox_List_2017.csv')));
  const lists = {
    train_val: parseNihList(await goldenText(context, 'nih/train_val_list.txt')),
    test: parseNihList(await goldenText(context, 'nih/test_list.txt')),
  };
  const byImage = new Map(entries.map((entry) => [entry.image, entry]));
  const split = splitNih(lists.train_val.map((image) => byImage.get(image)!));
  const inList = (name: keyof typeof lists, image: string) => lists[name].includes(image);
  const partOf = (image: string) =>
    (['train', 'valid'] as const).find((name) => split[name].some((entry) => entry.image === image));
  const records = entries.map((entry) => ({
    image: entry.image,
    labels: entry.labels,
    followup: entry.followUp,
    patient: entry.patient,
    age: entry.age,
    sex: entry.sex,
    view: entry.view,
    width: entry.original?.width,
    height: entry.original?.height,
    spacing: entry.spacing,
    official: inList('test', entry.image) ? 'test' : inList('train_val', entry.image) ? 'train_val' : null,
    cxrclip_split: partOf(entry.image) ?? null,
    boxes: (boxes.get(entry.image) ?? []).map(({ label, xywh, box: { x1, y1, x2, y2 } }) => ({
      label,
      xywh,
      xyxy: [x1, y1, x2, y2],
    })),
  }));
  checkRows(context, 'records.jsonl', records, await goldenLines(context, 'expected/nih/records.jsonl'));
  for (const name of ['train', 'valid'] as const) {
    const file = `chest14_${name}.csv`;
    checkText(
      context,
      `${file} to the byte`,
      formatNihTable(split[name]),
      await goldenText(context, `expected/nih/${file}`),
    );
  }
  await checkPrompts(context);
}
