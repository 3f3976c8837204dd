const MARKER = Symbol.for('crrg.metrics.error');

/**
 * The kind of refusal: texts, labels or numbers that cannot be scored, an option, a data file, or a score that valid input leaves
 * undefined (an area under the curve of one class).
 */
export type MetricsErrorCode = 'INPUT' | 'OPTION' | 'DATA' | 'UNDEFINED';

/**
 * The error of every refusal in this package. The message follows *where: expected X, got Y; do Z*; `details` holds the item that is
 * at fault (`index`) where there is one.
 *
 * @example
 * ```ts
 * try {
 *   await evaluateReports(candidates, references);
 * } catch (error) {
 *   if (MetricsError.isInstance(error)) console.error(error.code, error.message, error.details);
 * }
 * ```
 */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: MetricsErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MetricsError';
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for errors of this class, also where two copies of the package are loaded. */
  static isInstance(value: unknown): value is MetricsError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
