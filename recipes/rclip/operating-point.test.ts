import { expect, it } from 'vitest';
import type { AnsweredFilm } from './evaluate.js';
import { chooseThreshold } from './operating-point.js';
import type { PneumoniaFilm } from './pneumonia-films.js';

const answers = (set: 'nih' | 'kermany', isPneumonia: boolean, ...probabilities: readonly number[]) =>
  probabilities.map((probability): AnsweredFilm => ({
    film: { set, view: 'AP', isPneumonia } as PneumoniaFilm,
    probability,
    positive: false,
  }));

it('one threshold holds for both populations, however many films the larger has', () => {
  const many = (probability: number) => new Array<number>(50).fill(probability);
  // Children would be parted by anything between 0.4 and 0.9, and best above 0.8; adults only between 0.4 and 0.6.
  const films = [
    ...answers('kermany', true, ...many(0.9)),
    ...answers('kermany', false, ...many(0.4), 0.8),
    ...answers('nih', true, 0.6, 0.6),
    ...answers('nih', false, 0.4, 0.2),
  ];
  expect(chooseThreshold(films)).toBeCloseTo(0.5, 12);
});
