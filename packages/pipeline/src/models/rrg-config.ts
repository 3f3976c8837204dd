import { ConfigError } from '@crrg/core';
import { detectorSpecs, parseDetectorConfig, type DetectorConfig } from '@crrg/detector';
import {
  parseRegionSelectorConfig,
  regionSelectorSpecs,
  type RegionSelectorConfig,
} from '@crrg/region-selector';
import {
  parseReportGenConfig,
  reportGenSpecs,
  type ReportGenConfig,
  type ReportGenSpecOptions,
} from '@crrg/report-gen';
import { prefixSpecs, type ParameterSpecs, type StateDict } from '@crrg/tensor';

/** Architecture of the whole report model, as JSON beside its weights. */
export interface RrgConfig {
  readonly detector: DetectorConfig;
  readonly regionSelector: RegionSelectorConfig;
  readonly reportGen: ReportGenConfig;
}

/** The three networks; each one's parameters live under its name. */
export type RrgPart = keyof RrgConfig;

/**
 * A complete, checked configuration; fields that are left out take the paper's values.
 * @throws {ConfigError} that names every bad field of the first bad part, or the widths that disagree
 */
export function parseRrgConfig(json: unknown): RrgConfig {
  const given = (json ?? {}) as Readonly<Record<RrgPart, unknown>>;
  const config: RrgConfig = {
    detector: parseDetectorConfig(given.detector),
    regionSelector: parseRegionSelectorConfig(given.regionSelector),
    reportGen: parseReportGenConfig(given.reportGen),
  };
  const widths = [
    config.detector.regionFeatureDim,
    config.regionSelector.inputDim,
    config.reportGen.regionFeatureDim,
  ];
  if (new Set(widths).size > 1) {
    throw new ConfigError(
      `pipeline.parseRrgConfig: detector.regionFeatureDim, regionSelector.inputDim and reportGen.regionFeatureDim must be equal, got ${widths.join(', ')}; use one width.`,
    );
  }
  return config;
}

/** Every parameter of the report model: `detector.*`, `regionSelector.*`, `reportGen.*`. */
export function rrgSpecs(config: RrgConfig, options?: ReportGenSpecOptions): ParameterSpecs {
  return {
    ...prefixSpecs('detector', detectorSpecs(config.detector)),
    ...prefixSpecs('regionSelector', regionSelectorSpecs(config.regionSelector)),
    ...prefixSpecs('reportGen', reportGenSpecs(config.reportGen, options)),
  };
}

/** The parameters of one part under its own names. */
export function partOf(state: StateDict, part: RrgPart): StateDict {
  const prefix = `${part}.`;
  return new Map(
    [...state].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  );
}
