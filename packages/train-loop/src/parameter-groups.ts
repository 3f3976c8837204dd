import { ConfigError } from '@crrg/core';
import type { ParameterSpecs } from '@crrg/tensor';

/** A parameter name, or a pattern of names. A string ending in `.` or `*` matches every name that begins with what precedes the star. */
export type NamePattern = string | RegExp;

/** Settings for some of the parameters; the first group with a matching pattern counts. */
export interface ParameterGroup {
  readonly match: readonly NamePattern[];
  /** @defaultValue 1 */ readonly learningRateScale?: number | undefined;
  /** @defaultValue the optimizer's */ readonly weightDecay?: number | undefined;
}

/** How one trainable parameter is moved. */
export interface ParameterSettings {
  readonly learningRateScale: number;
  readonly weightDecay: number;
}

/** The same text for the same settings. */
export function settingsKey({ learningRateScale, weightDecay }: ParameterSettings): string {
  return `${learningRateScale}/${weightDecay}`;
}

/** True where any of the patterns names the parameter. */
export function matchesName(name: string, patterns: readonly NamePattern[]): boolean {
  return patterns.some((pattern) => {
    if (typeof pattern !== 'string') return pattern.test(name);
    const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern.endsWith('.') ? pattern : undefined;
    return prefix === undefined ? name === pattern : name.startsWith(prefix);
  });
}

/**
 * The parameters that a training run moves, with the settings of each: all but buffers (`trainable: false`) and frozen names.
 * @throws {ConfigError} where nothing is left to train, or a pattern matches no parameter
 */
export function selectTrainable(
  specs: ParameterSpecs,
  options: {
    readonly weightDecay: number;
    readonly groups?: readonly ParameterGroup[] | undefined;
    readonly frozen?: readonly NamePattern[] | undefined;
  },
): Map<string, ParameterSettings> {
  const { groups = [], frozen = [] } = options;
  const names = Object.keys(specs);
  for (const pattern of [...frozen, ...groups.flatMap(({ match }) => match)]) {
    if (names.some((name) => matchesName(name, [pattern]))) continue;
    throw new ConfigError(
      `train.selectTrainable: expected "${String(pattern)}" to match a parameter, got none; check its spelling.`,
    );
  }
  const selected = new Map<string, ParameterSettings>();
  for (const name of names) {
    if (!specs[name]!.trainable || matchesName(name, frozen)) continue;
    const group = groups.find(({ match }) => matchesName(name, match));
    selected.set(name, {
      learningRateScale: group?.learningRateScale ?? 1,
      weightDecay: group?.weightDecay ?? options.weightDecay,
    });
  }
  if (selected.size > 0) return selected;
  throw new ConfigError(
    `train.selectTrainable: expected a parameter to train, got ${names.length} that are all frozen or buffers; freeze fewer.`,
  );
}
