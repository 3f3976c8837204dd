import { ConfigError, type AbortOptions, type ProgressListener, type WarningListener } from '@crrg/core';
import { tokenOverlapSimilarity, type SentenceSimilarity } from '@crrg/report-gen';
import { isModelInCode } from '../model-files.js';
import type { BatchReportOptions, CreatePipelineOptions, ReportOptions } from '../options.js';

/** Listeners and signals, which stay with the caller: what they hear is sent. */
interface Stays extends AbortOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** Every option of a call that is sent as it is; the type knows where one is missing. */
const CALL_FIELDS = Object.keys({
  numBeams: true,
  maxLength: true,
  classify: true,
  explain: true,
  strict: true,
  identifiers: true,
  batchSize: true,
} satisfies Record<Exclude<keyof BatchReportOptions, keyof Stays | 'similarity'>, true>);

/** The options of a call on their way to a worker. */
export interface CallMessage {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Name of a similarity that the worker has too. */
  readonly similarity: string | undefined;
}

/** Similarities by name, which both sides have. */
const SIMILARITIES: readonly SentenceSimilarity[] = [tokenOverlapSimilarity];

const picked = (options: object, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(options).filter(([field]) => fields.includes(field)));

/** The options of a call as they are sent. @throws {ConfigError} for a similarity of the caller's own */
export function toCallMessage(where: string, options: ReportOptions): CallMessage {
  const { similarity } = options;
  if (similarity && !SIMILARITIES.includes(similarity))
    throw new ConfigError(
      `${where}: expected tokenOverlapSimilarity or none where a worker writes the report, got a similarity of your own, which cannot be sent there; make the pipeline without worker.`,
    );
  return { fields: picked(options, CALL_FIELDS), similarity: similarity?.name };
}

/** The options that a message holds. */
export function fromCallMessage({ fields, similarity }: CallMessage): BatchReportOptions {
  return { ...fields, similarity: SIMILARITIES.find(({ name }) => name === similarity) };
}

/** Every option of a pipeline that is sent. */
const OPEN_FIELDS = Object.keys({
  model: true,
  classifier: true,
  backend: true,
  threads: true,
  maxBeams: true,
  dtype: true,
  wasmPaths: true,
  cache: true,
} satisfies Record<Exclude<keyof CreatePipelineOptions<never, never>, keyof Stays>, true>);

/** The options of a pipeline on their way to a worker; `gate` as in `Thread`. */
export interface OpenMessage {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Fields that hold an address. */
  readonly addresses: readonly string[];
  readonly gate: SharedArrayBuffer | undefined;
}

/** What a refused option would have to be. */
const EXPECTED: Readonly<Record<string, string>> = {
  backend: 'the name of an engine',
  model: 'the name or address of a model',
  classifier: 'the name or address of a model',
};

/**
 * The options of a pipeline as they are sent.
 * @param addressOf what a path or address means where it was given, and not in the worker
 * @throws {ConfigError} for a backend, or a model that is loaded
 */
export function toOpenMessage(
  where: string,
  options: object,
  addressOf: (model: string) => string,
): Omit<OpenMessage, 'gate'> {
  const fields = picked(options, OPEN_FIELDS);
  const addresses: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (value instanceof URL) {
      addresses.push(field);
      fields[field] = value.href;
    } else if (typeof value === 'object' && value !== null && !isModelInCode(value)) {
      throw new ConfigError(
        `${where}: expected ${EXPECTED[field] ?? 'a plain value'} as ${field} where a worker runs it, got an object, which cannot be sent there; give its name, or leave worker out.`,
      );
    } else if (typeof value === 'string' && field !== 'backend') fields[field] = addressOf(value);
  }
  return { fields, addresses };
}

/** The options that a message holds. */
export function fromOpenMessage({ fields, addresses, gate }: OpenMessage): Record<string, unknown> & {
  readonly backend?: string | undefined;
  readonly gate: SharedArrayBuffer | undefined;
} {
  const revived = addresses.map((field) => [field, new URL(String(fields[field]))]);
  return { ...fields, ...Object.fromEntries(revived), gate };
}
