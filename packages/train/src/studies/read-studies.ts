import path from 'node:path';
import { createProblemList, type ProblemList } from '@crrg/core';
import { readInputText } from '@crrg/core/node';

/** What studies are used for. */
export const SPLITS = ['train', 'valid', 'test'] as const;

/** One of {@link SPLITS}. */
export type Split = (typeof SPLITS)[number];

/** The splits that training reads; studies of the split `test` are for evaluation. */
export const TRAINING_SPLITS = ['train', 'valid'] as const;

/** One of {@link TRAINING_SPLITS}. */
export type TrainingSplit = (typeof TRAINING_SPLITS)[number];

/** Films of one examination with what is known of them: one line of a file of studies. */
export interface TrainingStudy {
  /** `FILE: line 3`, for messages. */
  readonly subject: string;
  readonly id: string;
  readonly patient: string | undefined;
  readonly split: Split;
  /** Paths that can be opened. */
  readonly images: readonly string[];
  /** What each image shows, `AP`, `PA`, `LATERAL` or as the data set has it; null where unknown. */
  readonly views?: readonly (string | null)[] | undefined;
  /** Texts of the report; empty where there is none. */
  readonly sections: readonly string[];
  /** Every section in other words, in order; null where there are none. @defaultValue none */
  readonly backTranslations?: readonly (string | null)[] | undefined;
  /** By name; empty where nothing is known. */
  readonly labels: ReadonlyMap<string, 0 | 1>;
}

const isText = (most: number) => (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' && value.length <= most;

const isList = (most: number, isItem: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length <= most && value.every(isItem);

function isLabels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const labels = Object.entries(value);
  return labels.length <= 200 && labels.every(([name, is]) => isText(100)(name) && (is === 0 || is === 1));
}

const optional = (isGood: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || isGood(value);

interface FieldRule {
  readonly isGood: (value: unknown) => boolean;
  readonly expected: string;
}

const FIELDS: Readonly<Record<string, FieldRule>> = {
  id: { isGood: isText(200), expected: 'a text of 1 to 200 characters' },
  patient: { isGood: optional(isText(200)), expected: 'a text of 1 to 200 characters' },
  split: { isGood: (value) => SPLITS.includes(value as Split), expected: '"train", "valid" or "test"' },
  images: {
    isGood: (value) => isList(100, isText(4000))(value) && (value as unknown[]).length > 0,
    expected: 'a list of 1 to 100 paths',
  },
  views: {
    isGood: optional(isList(100, (view) => view === null || isText(100)(view))),
    expected: 'a list of names or null, one an image',
  },
  sections: {
    isGood: optional(isList(20, (text) => typeof text === 'string' && text.length <= 50_000)),
    expected: 'a list of at most 20 texts of at most 50000 characters',
  },
  backTranslations: {
    isGood: optional(
      isList(20, (text) => text === null || (typeof text === 'string' && text.length <= 50_000)),
    ),
    expected: 'a list of texts or null, one a section',
  },
  labels: { isGood: optional(isLabels), expected: 'an object of at most 200 names with 0 or 1 each' },
};

/** What a value is, without its content: reports stay out of messages. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'none';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'string' ? `a text of ${value.length} characters` : `another ${typeof value}`;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with lists that go with other lists. */
function unevenLists(fields: Record<string, unknown>): string[] {
  const length = (name: string) => (fields[name] as unknown[] | undefined)?.length ?? 0;
  const pairs = [
    ['views', 'a view', 'images'],
    ['backTranslations', 'a back-translation', 'sections'],
  ] as const;
  return pairs.flatMap(([name, each, of]) =>
    fields[name] === undefined || length(name) === length(of)
      ? []
      : [
          `expected ${each} for each of ${length(of)} ${of}, got ${length(name)}; give null where it is unknown.`,
        ],
  );
}

function parseStudy(
  line: string,
  subject: string,
  folder: string,
  problems: ProblemList,
): TrainingStudy | undefined {
  const fields = parseObject(line);
  if (!fields) {
    problems.add(subject, 'expected a JSON object, got something else; write one study a line.');
    return undefined;
  }
  const wrong = Object.entries(FIELDS).filter(
    ([name, { isGood }]) => !isGood(Object.hasOwn(fields, name) ? fields[name] : undefined),
  );
  for (const [name, { expected }] of wrong)
    problems.add(subject, `expected ${expected} for ${name}, got ${kindOf(fields[name])}; correct it.`);
  const uneven = wrong.length === 0 ? unevenLists(fields) : [];
  for (const problem of uneven) problems.add(subject, problem);
  const unknown = Object.keys(fields).filter((name) => !Object.hasOwn(FIELDS, name));
  if (unknown.length > 0)
    problems.add(
      subject,
      `expected no fields but ${Object.keys(FIELDS).join(', ')}, got ${unknown.length} more; remove the others.`,
    );
  if (wrong.length + unknown.length + uneven.length > 0) return undefined;
  const study = fields as unknown as Omit<TrainingStudy, 'subject' | 'labels'> & { readonly labels?: object };
  return {
    subject,
    id: study.id,
    patient: study.patient,
    split: study.split,
    images: study.images.map((file) => path.resolve(folder, file)),
    ...(study.views && { views: study.views }),
    sections: study.sections ?? [],
    ...(study.backTranslations && { backTranslations: study.backTranslations }),
    labels: new Map(Object.entries(study.labels ?? {})),
  };
}

/** Ids once, and every patient and image in one split alone. */
function checkUnique(studies: readonly TrainingStudy[], problems: ProblemList): void {
  const ids = new Map<string, TrainingStudy>();
  const owners = new Map<string, TrainingStudy>();
  for (const study of studies) {
    const same = ids.get(study.id);
    if (same)
      problems.add(study.subject, `expected an id of its own, got that of ${same.subject}; change it.`);
    ids.set(study.id, study);
    const keys = [
      ...(study.patient === undefined ? [] : [['patient', study.patient] as const]),
      ...study.images.map((file) => ['image', file] as const),
    ];
    for (const [what, value] of keys) {
      const owner = owners.get(`${what} ${value}`);
      if (!owner) owners.set(`${what} ${value}`, study);
      else if (owner.split !== study.split)
        problems.add(
          study.subject,
          `expected a ${what} in one split, got it in ${study.split} here and in ${owner.split} in ${owner.subject}; move one of the studies.`,
        );
    }
  }
}

/** Every label that occurs, in the order in which they do. */
export function labelNames(studies: readonly TrainingStudy[]): string[] {
  return [...new Set(studies.flatMap(({ labels }) => [...labels.keys()]))];
}

/** The studies that training reads. */
export const trainingStudies = (studies: readonly TrainingStudy[]): TrainingStudy[] =>
  studies.filter(({ split }) => split !== 'test');

/** A labelled study for training says something of every label, and both answers occur in both splits. */
function checkLabels(file: string, all: readonly TrainingStudy[], problems: ProblemList): void {
  const studies = trainingStudies(all);
  const names = labelNames(studies);
  const labelled = studies.filter(({ labels }) => labels.size > 0);
  for (const { subject, labels } of labelled) {
    const missing = names.filter((name) => !labels.has(name));
    if (missing.length > 0)
      problems.add(
        subject,
        `expected a value for each of the ${names.length} labels, got none for ${missing.slice(0, 5).join(', ')}; give 0 or 1, or no labels at all.`,
      );
  }
  for (const name of names) {
    for (const split of TRAINING_SPLITS) {
      const values = labelled.filter((study) => study.split === split).map(({ labels }) => labels.get(name));
      if (values.includes(0) && values.includes(1)) continue;
      const positives = values.filter((value) => value === 1).length;
      problems.add(
        file,
        `expected studies with and without ${name} in the split ${split}, got ${positives} with it of ${values.length}; add studies or leave the label out.`,
      );
    }
  }
}

/**
 * Checks studies against each other: ids once, every patient and film in one split, every label on every labelled study for training
 * and with both answers in `train` and in `valid`.
 * @param name what the studies are called where no single one is wrong
 * @throws {InputErrors} with every problem
 */
export function checkStudies(studies: readonly TrainingStudy[], name: string): void {
  const problems = createProblemList();
  if (studies.length === 0) problems.add(name, 'expected at least one study, got none; check the file.');
  checkUnique(studies, problems);
  checkLabels(name, studies, problems);
  problems.check();
}

/**
 * The studies of a JSONL file, checked one by one and against each other; whether images can be read is not looked at.
 *
 * @example
 * ```ts
 * const studies = await readStudies('studies.jsonl');
 * console.log(studies.filter(({ split }) => split === 'train').length);
 * ```
 * @throws {InputErrors} with every problem
 */
export async function readStudies(file: string): Promise<TrainingStudy[]> {
  const problems = createProblemList();
  const lines = (await readInputText(file)).split('\n');
  const studies = lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const study = parseStudy(line, `${file}: line ${index + 1}`, path.dirname(file), problems);
    return study ? [study] : [];
  });
  problems.check();
  checkStudies(studies, file);
  return studies;
}
