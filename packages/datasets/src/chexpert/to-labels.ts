import type { LabelState } from './studies.js';

/** What becomes of labels that are not plainly there or not there. */
export interface LabelPolicy {
  /** @defaultValue 'omit' */
  readonly uncertain?: 'omit' | 'positive' | 'negative' | undefined;
  /** @defaultValue 'omit' */
  readonly unmentioned?: 'omit' | 'negative' | undefined;
}

/**
 * Labels of a study. What is uncertain or not mentioned is left out unless the policy says what it counts as: training a probe needs a value for
 * every label.
 */
export function toLabels(
  states: ReadonlyMap<string, LabelState>,
  names: readonly string[],
  { uncertain = 'omit', unmentioned = 'omit' }: LabelPolicy = {},
): Record<string, 0 | 1> {
  const choices = { positive: 'positive', negative: 'negative', uncertain } as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const state = states.get(name);
      const choice = state === undefined ? unmentioned : choices[state];
      return choice === 'omit' ? [] : [[name, choice === 'positive' ? 1 : 0] as const];
    }),
  );
}
