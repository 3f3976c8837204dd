import { CLINICAL_FINDINGS } from '@crrg/metrics';
import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { score, temporaryFile, TEXT_LIMITS } from '../read-score-files.js';

const GRAPHS = JSON.stringify({
  '0': {
    text: 'big heart',
    entities: {
      '1': { tokens: 'big', label: 'Observation', start_ix: 0, end_ix: 0, relations: [['modify', '2']] },
      '2': { tokens: 'heart', label: 'Anatomy', start_ix: 1, end_ix: 1, relations: [] },
    },
  },
  '1': { text: '', entities: {} },
});
const labels = (values: readonly string[]) =>
  `text,${CLINICAL_FINDINGS.map((_, at) => values[at % values.length]).join(',')}\n`;
const CHEXBERT = `Report Impression,${CLINICAL_FINDINGS.join(',')}\n${labels(['1.0', '', '0.0', '-1.0'])}${labels(['', '1'])}`;
const RADCLIQ =
  'subject_id,radgraph_combined,bertscore,semb_score,bleu_score\n1,0.5,0.25,0.75,0.1\n2,1e-3,0,-1,0\n';

/** Whether a word is near the start. */
const has = (bytes: Uint8Array, word: string) =>
  Buffer.from(bytes.subarray(0, 4096)).toString('latin1').includes(word);

/** Files of CheXbert, RadGraph and RadCliQ, each against itself as it was. */
export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(
    () => Promise.resolve([GRAPHS, CHEXBERT, RADCLIQ].map(utf8)),
    TEXT_MUTATORS,
    BYTE_MUTATORS,
  ),
  read: async (bytes) => {
    if (has(bytes, 'bertscore')) return score('--radcliq', await temporaryFile('case.csv', bytes));
    const [kind, name, good] = has(bytes, 'Cardio')
      ? (['chexbert', 'csv', CHEXBERT] as const)
      : (['radgraph', 'json', GRAPHS] as const);
    const [ours, theirs] = [
      await temporaryFile(`case.${name}`, bytes),
      await temporaryFile(`references.${name}`, utf8(good)),
    ];
    return score(`--${kind}-candidates`, ours, `--${kind}-references`, theirs);
  },
};
