import { completeFields, fieldChecks, oneOf, refuseProblems, type FieldChecks } from '@crrg/core';

/** Where position vectors are looked up. */
export type PositionTable = 'token' | 'position';

/**
 * Architecture of the sentence generator, as JSON beside its weights.
 * Source: GPT-2 medium with pseudo self-attention, as RGRG's `language_model.py` builds it.
 */
export interface ReportGenConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  /** Width of the token vectors; a multiple of `numHeads`. */
  readonly width: number;
  /** Width of the hidden layer of each feed-forward block. */
  readonly ffnWidth: number;
  readonly vocabSize: number;
  /** Rows of the position table: the longest sequence. */
  readonly numPositions: number;
  /** Width of a region feature. */
  readonly regionFeatureDim: number;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  readonly padTokenId: number;
  /**
   * RGRG looks positions up in the token table and never uses its position table; weights trained that way need `token`.
   * Models trained from scratch do better with `position`.
   */
  readonly positionTable: PositionTable;
  readonly layerNormEpsilon: number;
}

/** The published architecture: GPT-2 medium. */
export const DEFAULT_REPORT_GEN_CONFIG: ReportGenConfig = {
  numLayers: 24,
  numHeads: 16,
  width: 1024,
  ffnWidth: 4096,
  vocabSize: 50257,
  numPositions: 1024,
  regionFeatureDim: 1024,
  bosTokenId: 50256,
  eosTokenId: 50256,
  padTokenId: 50256,
  positionTable: 'token',
  layerNormEpsilon: 1e-5,
};

const { count, index, positive } = fieldChecks;
const CHECKS: FieldChecks = {
  numLayers: count,
  numHeads: count,
  width: count,
  ffnWidth: count,
  vocabSize: count,
  numPositions: count,
  regionFeatureDim: count,
  bosTokenId: index,
  eosTokenId: index,
  padTokenId: index,
  positionTable: oneOf('token', 'position'),
  layerNormEpsilon: positive,
};

function relations(config: ReportGenConfig): string[] {
  const problems: string[] = [];
  if (config.width % config.numHeads !== 0)
    problems.push(`width must be a multiple of numHeads, got ${config.width} and ${config.numHeads}`);
  for (const field of ['bosTokenId', 'eosTokenId', 'padTokenId'] as const) {
    if (config[field] >= config.vocabSize)
      problems.push(`${field} must be below vocabSize ${config.vocabSize}, got ${config[field]}`);
  }
  if (config.positionTable === 'token' && config.numPositions > config.vocabSize) {
    problems.push(
      `numPositions must not exceed vocabSize ${config.vocabSize} where positions are looked up in the token table, got ${config.numPositions}`,
    );
  }
  return problems;
}

/**
 * A complete, checked configuration; fields that are left out take the value of {@link DEFAULT_REPORT_GEN_CONFIG}.
 * @throws {ConfigError} one error that names every bad or unknown field
 *
 * @example
 * ```ts
 * const config = parseReportGenConfig({ numLayers: 4, width: 256, numHeads: 4, ffnWidth: 1024 });
 * ```
 */
export function parseReportGenConfig(json: unknown): ReportGenConfig {
  const problems: string[] = [];
  const fields = completeFields(json, DEFAULT_REPORT_GEN_CONFIG, CHECKS, '', problems);
  const config = fields as unknown as ReportGenConfig;
  if (problems.length === 0) problems.push(...relations(config));
  refuseProblems('report-gen.parseReportGenConfig', problems);
  return config;
}
