import { CrrgError } from '@crrg/core';

/** An error in the words of the page. */
export interface Problem {
  readonly title: string;
  /** What was expected and found. */
  readonly what: string;
  /** What to do. */
  readonly advice: string;
  /** Which part refused, for whoever reports the problem. */
  readonly where: string;
}

const TITLES: Readonly<Record<string, string>> = {
  IMAGE: 'This file was refused',
  CHECKPOINT: 'The weights could not be loaded',
  BACKEND: 'The engine could not run',
  BUSY: 'Too much at once',
};

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/\.?$/, '.');

/** Messages of CRRG read `where: expected X, got Y; do Z.`; others are shown whole. */
export function problemOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error);
  const title = (CrrgError.isInstance(error) && TITLES[error.code]) || 'Something went wrong';
  const [, where = '', rest = message] = /^([\w.]+): ([\s\S]*)$/.exec(message) ?? [];
  const cut = rest.lastIndexOf('; ');
  const [what, advice] = cut < 0 ? [rest, ''] : [rest.slice(0, cut), rest.slice(cut + 2)];
  return { title, what: sentence(what), advice: advice && sentence(advice), where };
}
