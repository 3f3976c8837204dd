import { findOperatingPoint } from '@crrg/metrics';
import type { AnsweredFilm } from './evaluate.js';

/** Films of one population and one truth weigh as much as those of any other. */
function balancingWeights(answers: readonly AnsweredFilm[]): number[] {
  const key = ({ film }: AnsweredFilm) => `${film.set} ${film.view} ${film.isPneumonia}`;
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(key(answer), (counts.get(key(answer)) ?? 0) + 1);
  return answers.map((answer) => 1 / counts.get(key(answer))!);
}

/**
 * One threshold that holds for every population: the largest mean of balanced accuracies over children, adults' PA and adults' AP films. A film
 * does not say whether it shows a child, so that there cannot be a threshold for each; and the most films are children's, which
 * would otherwise choose alone. Half-way between the two probabilities that it parts.
 */
export function chooseThreshold(answers: readonly AnsweredFilm[]): number {
  const probabilities = answers.map(({ probability }) => probability);
  const { threshold } = findOperatingPoint(
    answers.map(({ film }) => film.isPneumonia),
    probabilities,
    { target: 'youden', weights: balancingWeights(answers) },
  );
  const below = Math.max(0, ...probabilities.filter((probability) => probability < threshold));
  return (threshold + below) / 2;
}
