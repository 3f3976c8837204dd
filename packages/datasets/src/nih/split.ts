import { splitTrainTest } from '../numpy/shares.js';
import type { NihEntry } from './entries.js';

/** Films for training and validation. */
export interface NihSplit {
  readonly train: readonly NihEntry[];
  readonly valid: readonly NihEntry[];
}

/** File names of a list such as `train_val_list.txt`. */
export const parseNihList = (text: string): string[] =>
  text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/**
 * The official train_val films divided 80/20 by patient as CXR-CLIP does: patients in the order in which the list names them, drawn with
 * NumPy's random numbers; the films of each patient follow in the order of the list.
 *
 * Source: docs/reference/datasets.md#nih-chestx-ray14.
 * @param entries those of the list, in its order
 */
export function splitNih(entries: readonly NihEntry[]): NihSplit {
  const byPatient = new Map<number, NihEntry[]>();
  for (const entry of entries) {
    const films = byPatient.get(entry.patient);
    if (films) films.push(entry);
    else byPatient.set(entry.patient, [entry]);
  }
  const patients = [...byPatient.values()];
  const { train, test } = splitTrainTest(patients.length, 0.2, 0);
  const films = (numbers: Uint32Array) => [...numbers].flatMap((number) => patients[number]!);
  return { train: films(train), valid: films(test) };
}
