const MARKER = Symbol.for('crrg.error');

/** Which part of the system refused, and the kind of refusal. */
export type ErrorCode =
  'SHAPE' | 'CONFIG' | 'CHECKPOINT' | 'BACKEND' | 'IMAGE' | 'DATA' | 'OUTPUT' | 'DISPOSED' | 'BUSY';

/**
 * The base of every error that CRRG throws on purpose. The message follows *where: expected X, got Y; do Z*.
 *
 * @example
 * ```ts
 * try {
 *   await generateReport(bytes);
 * } catch (error) {
 *   if (CrrgError.isInstance(error)) console.error(error.code, error.message);
 * }
 * ```
 */
export class CrrgError extends Error {
  // Written out in every class: minifiers rename classes.
  override name = 'CrrgError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** True for errors of this class, also where two copies of the package are loaded. */
  static isInstance(value: unknown): value is CrrgError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

type ErrorOptions = ConstructorParameters<typeof CrrgError>[2];

/** A tensor has another shape or type than the operation needs. */
export class ShapeError extends CrrgError {
  override name = 'ShapeError';

  constructor(message: string, options?: ErrorOptions) {
    super('SHAPE', message, options);
  }
}

/** A configuration or option is not valid; every bad field is named. */
export class ConfigError extends CrrgError {
  override name = 'ConfigError';

  constructor(message: string, options?: ErrorOptions) {
    super('CONFIG', message, options);
  }
}

/** A weights file or bundle is damaged, hostile, incomplete or of another architecture. */
export class CheckpointError extends CrrgError {
  override name = 'CheckpointError';

  constructor(message: string, options?: ErrorOptions) {
    super('CHECKPOINT', message, options);
  }
}

/** A compute engine is missing, failed to load, or failed to run. */
export class BackendError extends CrrgError {
  override name = 'BackendError';

  constructor(message: string, options?: ErrorOptions) {
    super('BACKEND', message, options);
  }
}

/** An image cannot be decoded or has an unusable size. */
export class ImageError extends CrrgError {
  override name = 'ImageError';

  constructor(message: string, options?: ErrorOptions) {
    super('IMAGE', message, options);
  }
}

/** A data set row, label file or training state is not usable. */
export class DataError extends CrrgError {
  override name = 'DataError';

  constructor(message: string, options?: ErrorOptions) {
    super('DATA', message, options);
  }
}

/** An object was used after `dispose()`. */
export class DisposedError extends CrrgError {
  override name = 'DisposedError';

  constructor(what: string) {
    super('DISPOSED', `${what}: used after dispose(); create a new one.`);
  }
}

/** A queue is full: nothing is wrong with the call, which may come again later. */
export class BusyError extends CrrgError {
  override name = 'BusyError';

  constructor(message: string, options?: ErrorOptions) {
    super('BUSY', message, options);
  }
}
