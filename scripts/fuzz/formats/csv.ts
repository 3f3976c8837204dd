import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { score, temporaryFile, TEXT_LIMITS } from '../read-score-files.js';

const REPORTS = `study_id,dicom_id,report
1,a,"The heart is enlarged.
No ""acute"" finding."
2,b,Clear lungs; no effusion
3,c,"['Small effusion.', ""The tube is in place.""]"
`;
const REFERENCES = `study_id,reference
1,"[""The heart is large."", ""Cardiomegaly.""]"
2,The lungs are clear.
3,A small effusion.
`;
const LABELS = `condition,label,score,weight
Edema,1,0.75,1
Edema,0,0.5,2
Edema,1,0.25,1
Pneumonia,0,1e-3,0.5
Pneumonia,1,0.9,1
`;
const SEEDS = [
  REPORTS,
  LABELS,
  'label;score\n1;0,5\n0;0,25\n1;0,75\n',
  'report\tid\nclear\t2\nlarge heart\t1\n',
].map(utf8);

/** Whether a word is near the start. */
const has = (bytes: Uint8Array, word: string) =>
  Buffer.from(bytes.subarray(0, 4096)).toString('latin1').includes(word);

export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(() => Promise.resolve(SEEDS), TEXT_MUTATORS, BYTE_MUTATORS),
  read: async (bytes) => {
    const file = await temporaryFile('case.csv', bytes);
    if (has(bytes, 'score')) await score('--labels', file);
    else
      await score(
        '--candidates',
        file,
        '--references',
        await temporaryFile('references.csv', utf8(REFERENCES)),
      );
  },
};
