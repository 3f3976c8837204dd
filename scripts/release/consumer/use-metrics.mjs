// @crrg/metrics alone, by import and by require().
import { createRequire } from 'node:module';
import { computeAuroc, evaluateReports } from '@crrg/metrics';

const { totals } = await evaluateReports(['the lungs are clear'], [['the lungs are clear']], {
  metrics: ['bleu'],
});
if (!(totals.bleu1 > 0.99)) throw new Error(`expected bleu1 1, got ${JSON.stringify(totals)}`);
const required = createRequire(import.meta.url)('@crrg/metrics');
for (const area of [computeAuroc, required.computeAuroc]) {
  if (area([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) !== 0.75) throw new Error('another area');
}
console.log('passed');
