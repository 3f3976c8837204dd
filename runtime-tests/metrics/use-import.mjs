import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { evaluateReports } from '@crrg/metrics';
import { loadMeteor, readParaphraseTable } from '@crrg/metrics/meteor';
import { candidates, findDisagreement, references } from './reports.mjs';

const lexicon = readFileSync(fileURLToPath(import.meta.resolve('@crrg/metrics/wordnet-3.0.txt')));
for (const meteor of [undefined, { lexicon }, await loadMeteor()]) {
  const { totals } = await evaluateReports(candidates, references, {
    metrics: ['bleu', 'rougeL', 'cider', 'meteor', 'tfidf'],
    meteor,
  });
  const disagreement = findDisagreement(totals);
  if (disagreement) throw new Error(disagreement);
}
const nothing = await readParaphraseTable(Readable.toWeb(createReadStream('/dev/null')));
if (nothing.size !== 0) throw new Error(`${nothing.size} paraphrases in nothing`);
console.log('passed');
