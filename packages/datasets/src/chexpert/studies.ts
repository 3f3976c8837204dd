import { DataError } from '@crrg/core';
import type { PromptLabels } from '../prompts/prompt-texts.js';
import type { SkipCounts } from '../studies/skips.js';
import { choiceCell, optionalCell, requiredCell, type CsvRow, type Rows } from '../table/csv-row.js';

/** The labels of CheXpert, in the order of its columns. */
export const CHEXPERT_LABELS = [
  'No Finding',
  'Enlarged Cardiomediastinum',
  'Cardiomegaly',
  'Lung Opacity',
  'Lung Lesion',
  'Edema',
  'Consolidation',
  'Pneumonia',
  'Atelectasis',
  'Pneumothorax',
  'Pleural Effusion',
  'Pleural Other',
  'Fracture',
  'Support Devices',
] as const;
/** One of {@link CHEXPERT_LABELS}. */
export type ChexpertLabel = (typeof CHEXPERT_LABELS)[number];

/** What a labeller says: there, not there, uncertain; blank cells say nothing and are left out. */
export type LabelState = 'positive' | 'negative' | 'uncertain';

const STATES: Readonly<Record<string, LabelState>> = { '1': 'positive', '0': 'negative', '-1': 'uncertain' };

/**
 * The labels of a row of a CheXpert or NegBio table: 1 positive, 0 negative, -1 uncertain, blank not mentioned.
 *
 * Source: docs/reference/datasets.md#chexpert.
 * @throws {@link DataError} for another value
 */
export function parseLabelStates(row: CsvRow, names: readonly string[] = CHEXPERT_LABELS) {
  const states = new Map<string, LabelState>();
  for (const name of names) {
    if (optionalCell(row, name).trim() === '') continue;
    const value = choiceCell(row, name, ['1.0', '0.0', '-1.0', '1', '0', '-1']);
    states.set(name, STATES[value.replace('.0', '')]!);
  }
  return states;
}

/** Columns of `train.csv` that readers need. */
export const CHEXPERT_COLUMNS = ['Path', 'Frontal/Lateral', 'AP/PA', ...CHEXPERT_LABELS] as const;

/** One film of CheXpert and the view that it shows; null for side views that are marked as LL or RL. */
export interface ChexpertFilm {
  readonly path: string;
  readonly view: 'AP' | 'PA' | 'Lateral' | null;
}

/** One study of CheXpert. */
export interface ChexpertStudy {
  /** `FILE: line 3`, for messages. */
  readonly where: string;
  readonly patient: string;
  readonly study: string;
  readonly films: readonly ChexpertFilm[];
  readonly states: ReadonlyMap<string, LabelState>;
}

/** The third folder from the end names the patient, the second the study. */
export function personAndStudy(
  path: string,
  where: string,
): { readonly patient: string; readonly study: string } {
  const [patient, study] = path.split('/').slice(-3);
  if (patient !== undefined && study !== undefined && path.split('/').length > 2) return { patient, study };
  throw new DataError(`${where}: expected a path of patient, study and file for Path; correct the row.`);
}

function viewOf(row: CsvRow): ChexpertFilm['view'] {
  const projection = optionalCell(row, 'AP/PA').trim();
  if (projection === 'AP' || projection === 'PA') return projection;
  const isLateral = choiceCell(row, 'Frontal/Lateral', ['Frontal', 'Lateral']) === 'Lateral';
  return isLateral && projection === '' ? 'Lateral' : null;
}

const sameStates = (a: ReadonlyMap<string, LabelState>, b: ReadonlyMap<string, LabelState>) =>
  a.size === b.size && [...a].every(([name, state]) => b.get(name) === state);

/**
 * The studies of `train.csv`, in the order in which the file first names them. CXR-CLIP leaves out the patients of its test set.
 *
 * Source: docs/reference/datasets.md#chexpert.
 * @param excluded patients that are left out, such as {@link readFiveBy200Patients} gives
 * @throws {@link DataError} for a cell of another kind, a film listed twice, or films of a study that are labelled differently
 */
export async function readChexpertStudies(
  rows: Rows,
  excluded: ReadonlySet<string> = new Set(),
  skips?: SkipCounts,
): Promise<ChexpertStudy[]> {
  const studies = new Map<string, Omit<ChexpertStudy, 'films'> & { readonly films: ChexpertFilm[] }>();
  for await (const row of rows) {
    const path = requiredCell(row, 'Path');
    const { patient, study } = personAndStudy(path, row.where);
    if (excluded.has(patient)) {
      skips?.add('patient of the test set');
      continue;
    }
    const states = parseLabelStates(row);
    const key = `${patient}/${study}`;
    const known = studies.get(key) ?? { where: row.where, patient, study, films: [], states };
    if (!sameStates(known.states, states))
      throw new DataError(
        `${row.where}: expected the labels of ${known.where}, the same study; correct one.`,
      );
    if (known.films.some((film) => film.path === path))
      throw new DataError(
        `${row.where}: expected each film once, got one of this study again; remove one row.`,
      );
    known.films.push({ path, view: viewOf(row) });
    studies.set(key, known);
  }
  return [...studies.values()];
}

/** Patients of `chexpert_5x200.csv`. */
export async function readFiveBy200Patients(rows: Rows): Promise<Set<string>> {
  const patients = new Set<string>();
  for await (const row of rows) patients.add(personAndStudy(requiredCell(row, 'Path'), row.where).patient);
  return patients;
}

/** Labels by state, in column order: what prompts are made of. */
export function chexpertPromptLabels(states: ReadonlyMap<string, LabelState>): PromptLabels {
  const inState = (wanted: LabelState) => CHEXPERT_LABELS.filter((name) => states.get(name) === wanted);
  return { positive: inState('positive'), negative: inState('negative'), uncertain: inState('uncertain') };
}
