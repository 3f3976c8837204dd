// Runs in the page: scores with the lexicon that is bundled, and with the one that the server has.
import { evaluateReports } from '@crrg/metrics';
import { candidates, findDisagreement, references } from './reports.mjs';

const outcome = document.querySelector('#outcome');
try {
  const metrics = ['bleu', 'rougeL', 'cider', 'meteor'];
  for (const meteor of [undefined, { lexicon: new URL('/wordnet-3.0.txt', location.href) }]) {
    const { totals } = await evaluateReports(candidates, references, { metrics, meteor });
    const disagreement = findDisagreement(totals);
    if (disagreement) throw new Error(disagreement);
  }
  outcome.textContent = 'passed';
} catch (error) {
  outcome.textContent = `failed: ${error.stack ?? error}`;
}
