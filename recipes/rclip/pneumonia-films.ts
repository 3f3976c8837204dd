import path from 'node:path';
import { DataError } from '@crrg/core';
import { readKermany, readNih, splitOf, type Split } from '../tiny/open-data.js';

/** A radiograph of one of the two open sets, with what is known of it. */
export interface PneumoniaFilm {
  readonly file: string;
  readonly set: 'nih' | 'kermany';
  /** One person, or persons who cannot be told apart by the file names; never in two splits. */
  readonly patient: string;
  readonly view: 'PA' | 'AP';
  /** Labels of NIH ChestX-ray14; `Bacterial` or `Viral` beside `Pneumonia` on the paediatric films. */
  readonly labels: readonly string[];
  readonly isPneumonia: boolean;
  readonly split: Split;
}

/**
 * The adult films of `folder/nih` and the paediatric ones of `folder/kermany`, split by patient: NIH 70/10/20 as for the tiny report
 * model, so that neither model has seen the other's held-out patients, and Kermany 80/10/10.
 * @throws {DataError} where a file or a name is not as expected
 */
export async function readPneumoniaFilms(folder: string): Promise<PneumoniaFilm[]> {
  const nih = (await readNih(folder)).map((film): PneumoniaFilm => ({
    ...film,
    set: 'nih',
    isPneumonia: film.labels.includes('Pneumonia'),
  }));
  const kermany = (await readKermany(folder)).map(({ file, label }) => kermanyFilm(file, label));
  return [...nih, ...kermany];
}

const KERMANY_LABELS = [['No Finding'], ['Pneumonia', 'Bacterial'], ['Pneumonia', 'Viral']] as const;

function kermanyFilm(file: string, label: 0 | 1 | 2): PneumoniaFilm {
  const patient = kermanyPatient(path.basename(file));
  return {
    file,
    set: 'kermany',
    patient,
    view: 'AP',
    labels: KERMANY_LABELS[label],
    isPneumonia: label !== 0,
    split: splitOf(`kermany/${patient}`, { valid: 0.1, test: 0.1 }),
  };
}

/**
 * The person of a paediatric film: the number after `person`, or after `IM`. Numbers that occur with both pathogens, or with and
 * without `NORMAL2`, may be two persons; they are taken for one, so that no split shares any.
 */
export function kermanyPatient(fileName: string): string {
  const [, kind, id] = /^(?:NORMAL2-)?(IM|person)-?(\d+)[-_]/.exec(fileName) ?? [];
  if (kind && id) return `${kind.toLowerCase()}${Number(id)}`;
  throw new DataError(
    `recipes.kermanyPatient: expected a name such as person1_virus_6.jpeg or IM-0115-0001.jpeg, got ${fileName}; remove the file.`,
  );
}
