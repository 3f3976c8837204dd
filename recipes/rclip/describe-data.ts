/**
 * Says how many films, patients and positives each split has, and what answers without a look at the film reach:
 *
 *   npx tsx --conditions=@crrg/source recipes/rclip/describe-data.ts --data FOLDER
 */
import { parseArgs } from 'node:util';
import { measureBaselines } from './baselines.js';
import { readPneumoniaFilms } from './pneumonia-films.js';

const { values: options } = parseArgs({ options: { data: { type: 'string' } } });
if (!options.data) throw new Error('recipes.rclip: --data is needed; see ../README.md.');

const films = await readPneumoniaFilms(options.data);
console.log('set      split  films  patients  pneumonia  majority accuracy  AUROC of the view');
for (const set of ['nih', 'kermany'] as const) {
  const ofSet = films.filter((film) => film.set === set);
  const train = ofSet.filter(({ split }) => split === 'train');
  for (const split of ['train', 'valid', 'test'] as const) {
    const measured = measureBaselines(
      train,
      ofSet.filter((film) => film.split === split),
    );
    const cells = [
      set.padEnd(8),
      split.padEnd(6),
      `${measured.films}`.padStart(5),
      `${measured.patients}`.padStart(9),
      measured.prevalence.toFixed(3).padStart(10),
      measured.majorityAccuracy.toFixed(3).padStart(18),
      (measured.viewAuc?.toFixed(3) ?? '-').padStart(18),
    ];
    console.log(cells.join(' '));
  }
}
