import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { score, temporaryFile, TEXT_LIMITS } from '../read-score-files.js';

const lines = (items: readonly unknown[]) => utf8(items.map((item) => `${JSON.stringify(item)}\n`).join(''));

const REPORTS = lines([
  { schema: 'crrg/report/1', input: { file: '1.png' }, text: 'The heart is enlarged.', study_id: 1 },
  { schema: 'crrg/report/1', input: { file: '2.png' }, text: 'Clear lungs.', study_id: 2 },
]);
const REFERENCES = lines([
  { study_id: 1, references: ['The heart is large.', 'Cardiomegaly.'] },
  { study_id: 2, references: ['The lungs are clear.'] },
]);
const LABELS = lines([
  { condition: 'Edema', label: 1, score: 0.75 },
  { condition: 'Edema', label: 0, score: 0.5, weight: 2 },
]);
const STUDIES = lines(
  ['train', 'train', 'valid', 'valid'].map((split, at) => ({
    id: `s${at}`,
    patient: `p${at}`,
    split,
    images: [`${at}.png`, `${at}b.png`],
    sections: ['The lungs are clear.', ''],
    labels: { Pneumonia: at % 2 },
  })),
);

/** Whether a word is near the start. */
const has = (bytes: Uint8Array, word: string) =>
  Buffer.from(bytes.subarray(0, 4096)).toString('latin1').includes(word);

export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(
    () => Promise.resolve([REPORTS, LABELS, STUDIES, STUDIES, Buffer.from('[{"text":"a"},{"text":"b"}]')]),
    TEXT_MUTATORS,
    BYTE_MUTATORS,
  ),
  read: async (bytes) => {
    const { readStudies } = await import('@crrg/train/node');
    const file = await temporaryFile('case.jsonl', bytes);
    if (has(bytes, 'split')) await readStudies(file);
    else if (has(bytes, 'score')) await score('--labels', file);
    else
      await score('--candidates', file, '--references', await temporaryFile('references.jsonl', REFERENCES));
  },
};
