// Runs the script twice: it learns, draws its curves, and gives the same numbers again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { run } from '../check-tools.mjs';

const outcome = async (folder) => {
  await run('node', ['train-probe.mjs', folder]);
  return JSON.parse(readFileSync(`${folder}/scores.json`, 'utf8'));
};
const scores = await outcome('out');
assert.equal(scores.films, 24);
assert.ok(
  scores.auroc.estimate > 0.8,
  `expected a classifier that learned, got an AUROC of ${scores.auroc.estimate}`,
);
for (const file of ['roc.svg', 'precision-recall.svg', 'run/losses.svg'])
  assert.match(readFileSync(`out/${file}`, 'utf8'), /^<svg .*<\/svg>\s*$/s, file);
assert.match(readFileSync('out/roc.svg', 'utf8'), new RegExp(`AUROC ${scores.auroc.estimate.toFixed(2)}`));
assert.deepEqual(await outcome('again'), scores);
console.log(`AUROC ${scores.auroc.estimate.toFixed(3)} on films that training never saw, twice the same`);
