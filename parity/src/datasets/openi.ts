import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  OPENI_PROJECTION_COLUMNS,
  openiReferenceText,
  parseOpeniReport,
  readOpeniProjections,
} from '@crrg/datasets';
import { readCsv } from '@crrg/datasets/node';
import type { ParityContext } from '../framework/context.js';
import { checkRows, goldenLines, goldenText } from './checks.js';

const FOLDER = 'openi/ecgen-radiology';

export async function checkOpeni(context: ParityContext): Promise<void> {
  const views = await readOpeniProjections(
    readCsv(join(context.folder, 'openi/indiana_projections.csv'), { columns: OPENI_PROJECTION_COLUMNS }),
  );
  const files = (await readdir(join(context.folder, FOLDER))).filter((file) => file.endsWith('.xml'));
  files.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const records: unknown[] = [];
  for (const file of files) {
    const report = parseOpeniReport(await goldenText(context, `${FOLDER}/${file}`), file);
    const { text, error } = openiReferenceText(report);
    const { uid, comparison, indication, findings, impression, images } = report;
    records.push({
      uid,
      comparison,
      indication,
      findings,
      impression,
      images,
      frontal: images.filter((image) => views.get(image) === 'Frontal'),
      cxrclip_text: text,
      cxrclip_error: error,
    });
  }
  checkRows(context, 'records.jsonl', records, await goldenLines(context, 'expected/openi/records.jsonl'));
}
