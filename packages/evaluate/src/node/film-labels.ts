import path from 'node:path';
import { DataError } from '@crrg/core';
import { readInputText } from '@crrg/core/node';
import { readCsv } from '@crrg/datasets/node';
import { CLINICAL_FINDINGS, type ClinicalFinding } from '@crrg/metrics';
import { cellOf } from './csv-cell.js';

/** What is known of films, by the id of the study. */
export type FilmLabels = ReadonlyMap<string, Readonly<Partial<Record<ClinicalFinding, boolean>>>>;

const VALUES: ReadonlyMap<unknown, boolean | undefined> = new Map<unknown, boolean | undefined>([
  ...[1, '1', '1.0', true].map((value) => [value, true] as const),
  ...[0, '0', '0.0', false].map((value) => [value, false] as const),
  ...[-1, '-1', '-1.0', '', null, undefined].map((value) => [value, undefined] as const),
]);

function valuesOf(fields: Readonly<Record<string, unknown>>, where: string) {
  return Object.fromEntries(
    CLINICAL_FINDINGS.flatMap((finding) => {
      const value = fields[finding];
      const given = typeof value === 'string' ? value.trim() : value;
      if (!VALUES.has(given))
        throw new DataError(
          `${where}: "${finding}": expected 1, 0, -1 or a blank, got another value; correct it.`,
        );
      const is = VALUES.get(given);
      return is === undefined ? [] : [[finding, is] as const];
    }),
  );
}

interface Row {
  readonly where: string;
  readonly id: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
}

function jsonRows(text: string, file: string): Row[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}: line ${index + 1}`;
    try {
      const { id, findings } = JSON.parse(line) as { id?: unknown; findings?: unknown };
      if (typeof findings === 'object' && findings !== null)
        return [{ where, id, fields: findings as Readonly<Record<string, unknown>> }];
    } catch {
      // Said below.
    }
    throw new DataError(
      `${where}: expected {"id": "...", "findings": {...}}, got something else; correct it.`,
    );
  });
}

async function csvRows(file: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readCsv(file, { columns: ['id'] })) {
    const findings = CLINICAL_FINDINGS.map((name) => [name, cellOf(row, name)] as const);
    rows.push({ where: row.where, id: cellOf(row, 'id'), fields: Object.fromEntries(findings) });
  }
  return rows;
}

/**
 * Findings of films: a CSV file with a column `id` and columns of CheXpert's findings (1, 0; -1 or blank where unknown), or JSON lines
 * `{"id": ..., "findings": {...}}`.
 * @throws {DataError} with file and line
 */
export async function readFilmLabels(file: string): Promise<FilmLabels> {
  const isCsv = path.extname(file).toLowerCase() === '.csv';
  const rows = isCsv ? await csvRows(file) : jsonRows(await readInputText(file), file);
  const labels = new Map<string, Partial<Record<ClinicalFinding, boolean>>>();
  for (const { where, id, fields } of rows) {
    if (typeof id !== 'string' || id === '')
      throw new DataError(`${where}: expected the id of a study in "id", got none; fill it in.`);
    if (labels.has(id))
      throw new DataError(`${where}: expected an id of its own, got one that came before; remove one.`);
    labels.set(id, valuesOf(fields, where));
  }
  const isKnown = [...labels.values()].some((findings) => Object.keys(findings).length > 0);
  if (isKnown) return labels;
  throw new DataError(
    `${file}: expected findings such as ${CLINICAL_FINDINGS.slice(5, 8).join(', ')}, got none; name them as CheXpert does.`,
  );
}
