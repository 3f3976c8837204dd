import { expect, it } from 'vitest';
import { evaluateReports } from '../evaluate/index.js';

it('scores the findings of reports beside the words', async () => {
  const candidates = ['Mild cardiomegaly. No effusion.', 'Normal heart size. Left effusion.'];
  const references = ['Cardiomegaly. No pneumothorax.', ['The heart is enlarged.', 'Small left effusion.']];
  const { totals, items, signatures } = await evaluateReports(candidates, references, {
    metrics: ['rougeL', 'clinical'],
  });
  // Hits: cardiomegaly, effusion. Missed: cardiomegaly in the second.
  expect(totals['clinicalMicro5Precision']).toBe(1);
  expect(totals['clinicalMicro5Recall']).toBeCloseTo(2 / 3, 14);
  expect(items['clinicalExample14F1']).toEqual([1, 2 / 3]);
  expect(totals['clinicalExample14F1']).toBeCloseTo(5 / 6, 14);
  expect(signatures['clinical']).toContain('labeller:crrg-rules-1');
});
