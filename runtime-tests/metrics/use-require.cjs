const { evaluateReports, computeAuroc } = require('@crrg/metrics');
const { stemEnglish } = require('@crrg/metrics/meteor');

async function main() {
  const { candidates, findDisagreement, references } = await import('./reports.mjs');
  const metrics = ['bleu', 'rougeL', 'cider', 'meteor'];
  const { totals } = await evaluateReports(candidates, references, { metrics });
  const disagreement = findDisagreement(totals);
  if (disagreement) throw new Error(disagreement);
  if (stemEnglish('opacities') !== 'opac') throw new Error('another stem');
  if (computeAuroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) !== 0.75) throw new Error('another area');
  console.log('passed');
}

main();
