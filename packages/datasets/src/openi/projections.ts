import { DataError } from '@crrg/core';
import { choiceCell, requiredCell, type Rows } from '../table/csv-row.js';

/** Columns of `indiana_projections.csv`. */
export const OPENI_PROJECTION_COLUMNS = ['uid', 'filename', 'projection'] as const;

/** What a film shows; the XML does not tell. */
export type OpeniProjection = 'Frontal' | 'Lateral';

/** `1_IM-0001-3001.dcm.png` to the picture's name in the XML, `CXR1_IM-0001-3001`. */
export const openiImageName = (file: string): string => `CXR${file.replace(/\.dcm\.png$|\.png$/, '')}`;

/**
 * Views by the name that a picture has in the XML.
 *
 * Source: docs/reference/datasets.md#open-i.
 * @throws {@link DataError} for another view, or a picture with two
 */
export async function readOpeniProjections(rows: Rows): Promise<Map<string, OpeniProjection>> {
  const views = new Map<string, OpeniProjection>();
  for await (const row of rows) {
    const name = openiImageName(requiredCell(row, 'filename'));
    const view = choiceCell(row, 'projection', ['Frontal', 'Lateral']);
    if ((views.get(name) ?? view) !== view)
      throw new DataError(`${row.where}: expected one projection a picture, got a second; remove one row.`);
    views.set(name, view);
  }
  return views;
}
