import { optionalCell, type CsvRow } from '../table/csv-row.js';
import { parseCxrClipRow } from './row.js';

/** A film and its text, for retrieval and zero-shot classification. */
export interface EvaluationRecord {
  readonly image: string;
  readonly text: string;
}

/**
 * One row for evaluation: the first image, and the sections joined by a blank.
 *
 * @param asReference the text cell unparsed, as the reference reads it: a list reaches the tokeniser with its brackets and quotes
 * (docs/reference/datasets.md#observed-on-made-up-trees)
 * @throws {@link DataError} for a cell of another kind
 */
export function parseEvaluationRecord(row: CsvRow, asReference = false): EvaluationRecord {
  const { images, sections } = parseCxrClipRow(row);
  const text = asReference ? optionalCell(row, 'text') : (sections ?? []).join(' ');
  return { image: images[0]!, text };
}
