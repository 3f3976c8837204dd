import { ConfigError } from '@crrg/core';

/**
 * Architecture and operating point of the two region classifiers, as JSON beside their weights.
 * Source: RGRG's `binary_classifier_region_selection.py` and `binary_classifier_region_abnormal.py`.
 */
export interface RegionSelectorConfig {
  /** Width of a region feature. */
  readonly inputDim: number;
  /** Widths of the two hidden layers. */
  readonly hidden: readonly [number, number];
  /** Weight of the positive term in the selection loss. The paper's text says 1 or 2, its code 2.2. */
  readonly selectionPosWeight: number;
  /** Weight of the positive term in the abnormality loss. */
  readonly abnormalityPosWeight: number;
  /** A region is selected (or abnormal) where its logit is larger than this. */
  readonly thresholdLogit: number;
}

/** The published sizes and the values of the reference code. */
export const DEFAULT_REGION_SELECTOR_CONFIG: RegionSelectorConfig = {
  inputDim: 1024,
  hidden: [512, 128],
  selectionPosWeight: 2.2,
  abnormalityPosWeight: 6,
  thresholdLogit: -1,
};

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
const isPositive = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value > 0;

const FIELDS: Readonly<Record<keyof RegionSelectorConfig, readonly [(value: unknown) => boolean, string]>> = {
  inputDim: [isCount, 'a positive integer'],
  hidden: [
    (value) => Array.isArray(value) && value.length === 2 && value.every(isCount),
    'two positive integers',
  ],
  selectionPosWeight: [isPositive, 'a positive number'],
  abnormalityPosWeight: [isPositive, 'a positive number'],
  thresholdLogit: [(value) => typeof value === 'number' && Number.isFinite(value), 'a number'],
};

/**
 * A complete, checked configuration; fields that are left out take the value of {@link DEFAULT_REGION_SELECTOR_CONFIG}.
 * @throws {ConfigError} one error that names every bad or unknown field
 *
 * @example
 * ```ts
 * const config = parseRegionSelectorConfig({ inputDim: 64, hidden: [32, 8] });
 * ```
 */
export function parseRegionSelectorConfig(json: unknown): RegionSelectorConfig {
  const where = 'region-selector.parseRegionSelectorConfig';
  if (json !== undefined && (typeof json !== 'object' || json === null || Array.isArray(json))) {
    throw new ConfigError(`${where}: expected an object, got ${JSON.stringify(json)}; give fields by name.`);
  }
  const given = (json ?? {}) as Record<string, unknown>;
  const config: Record<string, unknown> = { ...DEFAULT_REGION_SELECTOR_CONFIG, ...given };
  const problems = Object.keys(given)
    .filter((field) => !Object.hasOwn(FIELDS, field))
    .map((field) => `${field} is not a field`);
  for (const [field, [accepts, expected]] of Object.entries(FIELDS)) {
    if (!accepts(config[field]))
      problems.push(`${field} must be ${expected}, got ${JSON.stringify(config[field])}`);
  }
  if (problems.length > 0) {
    throw new ConfigError(`${where}: ${problems.join('; ')}; correct these fields.`, {
      details: { problems },
    });
  }
  return config as unknown as RegionSelectorConfig;
}
