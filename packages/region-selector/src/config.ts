import { completeFields, fieldCheck, fieldChecks, refuseProblems, type FieldChecks } from '@crrg/core';

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

const { count, number, positive } = fieldChecks;
const twoCounts = fieldCheck(
  (value) => Array.isArray(value) && value.length === 2 && value.every((item) => count(item) === undefined),
  'two positive integers',
);

const CHECKS: FieldChecks = {
  inputDim: count,
  hidden: twoCounts,
  selectionPosWeight: positive,
  abnormalityPosWeight: positive,
  thresholdLogit: number,
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
  const problems: string[] = [];
  const config = completeFields(json, DEFAULT_REGION_SELECTOR_CONFIG, CHECKS, '', problems);
  refuseProblems('region-selector.parseRegionSelectorConfig', problems);
  return config as unknown as RegionSelectorConfig;
}
