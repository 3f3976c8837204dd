import {
  BackendError,
  BusyError,
  CheckpointError,
  ConfigError,
  CrrgError,
  DataError,
  DisposedError,
  ImageError,
  ShapeError,
  type ErrorCode,
} from './errors.js';

/** An error as plain data, which passes between threads. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Only of a {@link CrrgError}. */
  readonly code?: ErrorCode | undefined;
  readonly details?: CrrgError['details'] | undefined;
  readonly cause?: ErrorData | undefined;
}

/** The class of each code; that of `OUTPUT` is part of `@crrg/core/node`. */
const CLASSES: Readonly<Record<ErrorCode, { readonly prototype: CrrgError }>> = {
  SHAPE: ShapeError,
  CONFIG: ConfigError,
  CHECKPOINT: CheckpointError,
  BACKEND: BackendError,
  IMAGE: ImageError,
  DATA: DataError,
  OUTPUT: CrrgError,
  DISPOSED: DisposedError,
  BUSY: BusyError,
};

const OTHER_CLASSES = { TypeError, RangeError, SyntaxError } as const;

/** How far causes of causes are followed. */
const MAX_CAUSES = 4;

function cloneable(details: CrrgError['details']): CrrgError['details'] {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}

/** Whatever was thrown, as data; {@link fromErrorData} makes an error of it in another thread. */
export function toErrorData(thrown: unknown, depth = 0): ErrorData {
  if (!(thrown instanceof Error) && !CrrgError.isInstance(thrown))
    return { name: 'Error', message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  return {
    name,
    message,
    stack,
    ...(CrrgError.isInstance(thrown) && { code: thrown.code, details: cloneable(thrown.details) }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: toErrorData(cause, depth + 1) }),
  };
}

/** The error that {@link toErrorData} described: of the same class where it is one of ours, with name, code, details, message and stack. */
export function fromErrorData({ name, message, stack, code, details, cause: data }: ErrorData): Error {
  const cause = data && fromErrorData(data);
  const error =
    code === undefined
      ? new (Object.hasOwn(OTHER_CLASSES, name) ? OTHER_CLASSES[name as 'TypeError'] : Error)(
          message,
          cause && { cause },
        )
      : new CrrgError(code, message, { cause, details });
  // Constructors of the classes take other things than a message.
  if (code !== undefined) Object.setPrototypeOf(error, (CLASSES[code] ?? CrrgError).prototype);
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
