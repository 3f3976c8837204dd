import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { writeAtomically, writeFully, writingTo } from '@crrg/core/node';
import { readRegionStudies } from '../region-studies/read.js';
import type { RegionStudy } from '../region-study.js';
import type { SourceOptions } from '../studies/source-options.js';
import { formatRrgHeader, formatRrgRow } from './csv-out.js';
import { readRrgCsv } from './read-csv.js';
import { RRG_TABLES, splitOfTable, tableOfImage, type RrgTable } from './row.js';
import { countReversedBoxes, rrgRowToStudy, studyToRrgRow } from './to-study.js';

/** The file of a table in a folder, as RGRG names it. */
export const rrgTablePath = (folder: string, table: RrgTable): string => path.join(folder, `${table}.csv`);

const isFile = (file: string) =>
  stat(file).then(
    (state) => state.isFile(),
    () => false,
  );

/**
 * The rows of RGRG's tables in a folder (`train.csv`, `valid.csv`, `test.csv`, `test-2.csv`, those that are there) as region studies. Relative paths of films are
 * taken from that folder; boxes whose corners are not in order are left out and counted.
 * @throws {@link DataError} with file, line and column for a row that cannot be used, and where there is no table
 */
export async function* readRrgTables(
  folder: string,
  { skips, signal }: Omit<SourceOptions, 'units'> = {},
): AsyncGenerator<RegionStudy> {
  let numTables = 0;
  for (const table of RRG_TABLES) {
    const file = rrgTablePath(folder, table);
    if (!(await isFile(file))) continue;
    numTables += 1;
    for await (const row of readRrgCsv(file, { signal })) {
      for (let reversed = countReversedBoxes(row); reversed > 0; reversed--)
        skips?.add('box with corners in the wrong order');
      const study = rrgRowToStudy(row, { split: splitOfTable(table) });
      yield path.isAbsolute(study.image) ? study : { ...study, image: path.join(folder, study.image) };
    }
  }
  if (numTables === 0)
    throw new DataError(
      `${folder}: expected one of ${RRG_TABLES.map((table) => `${table}.csv`).join(', ')}, got none; name the folder of the tables.`,
    );
}

/** Rows by table, and the validation films that lack a box and have no table. */
export type RrgTableCounts = Readonly<Record<RrgTable | 'none', number>>;

/**
 * Writes the studies of a file as RGRG's four tables into a folder, each whole or not at all. Films that lack a box go where RGRG puts them: `test-2` for test,
 * nowhere for validation. The studies are read once for each table.
 * @throws {@link DataError} for a line that is no study, and a study without patient or study; {@link OutputError} where a table cannot be written
 */
export async function writeRrgTables(
  studies: string,
  folder: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RrgTableCounts> {
  const counts = { train: 0, valid: 0, test: 0, 'test-2': 0, none: 0 };
  for (const table of RRG_TABLES) {
    const file = rrgTablePath(folder, table);
    await writingTo(file, () =>
      writeAtomically(file, async (handle) => {
        await writeFully(handle, Buffer.from(formatRrgHeader(table)));
        for await (const study of readRegionStudies(studies, options)) {
          const row = studyToRrgRow(study);
          const goesTo = tableOfImage(study.split, row.regions);
          if (table === RRG_TABLES[0] && goesTo === undefined) counts.none += 1;
          if (goesTo !== table) continue;
          counts[table] += 1;
          const image = path.resolve(path.dirname(studies), row.path);
          await writeFully(handle, Buffer.from(formatRrgRow({ ...row, path: image }, table)));
        }
      }),
    );
  }
  return counts;
}
