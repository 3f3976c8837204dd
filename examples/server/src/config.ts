import { availableParallelism } from 'node:os';
import { BACKEND_NAMES } from '@crrg/pipeline';

type Read<T> = (name: string, value: string | undefined) => T;

/** A setting that is not as it must be. The message names all of them, a line each. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

const refuse = (name: string, expected: string, value: string): never => {
  throw new SettingsError(`${name}: expected ${expected}, got "${value}"`);
};

const text =
  (otherwise: string): Read<string> =>
  (_, value) =>
    value || otherwise;

const oneOf =
  <T extends string>(names: readonly T[], otherwise: T): Read<T> =>
  (name, value = otherwise) =>
    names.find((each) => each === value) ?? refuse(name, `one of ${names.join(', ')}`, value);

const number =
  (least: number, most: number, otherwise: number, isWhole = true): Read<number> =>
  (name, value = String(otherwise)) => {
    const given = value.trim() === '' ? NaN : Number(value);
    if (given >= least && given <= most && (!isWhole || Number.isInteger(given))) return given;
    return refuse(name, `a ${isWhole ? 'whole number' : 'number'} from ${least} to ${most}`, value);
  };

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
const WORKERS = Math.min(4, availableParallelism());

/** Every setting by the variable of the environment that sets it. */
const SETTINGS = {
  HOST: text('127.0.0.1'),
  PORT: number(0, 65_535, 3000),
  LOG_LEVEL: oneOf(LEVELS, 'info'),
  REPORTS_MODEL: text('tiny'),
  REPORTS_CLASSIFIER: text('tiny'),
  REPORTS_BACKEND: oneOf(BACKEND_NAMES, 'onnx'),
  REPORTS_WORKERS: number(1, 64, WORKERS),
  REPORTS_QUEUE: number(0, 1000, 4 * WORKERS),
  REPORTS_THREADS: number(1, 256, 1),
  REPORTS_MAX_MB: number(0.001, 512, 32, false),
  REPORTS_SECONDS: number(0.01, 3600, 60, false),
  REPORTS_SHUTDOWN_SECONDS: number(0, 3600, 20, false),
};

/** Checked settings, in bytes and milliseconds. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: (typeof LEVELS)[number];
  readonly model: string;
  readonly classifier: string;
  readonly backend: (typeof BACKEND_NAMES)[number];
  /** Reports that are computed at once. */
  readonly workers: number;
  /** Reports that may wait. */
  readonly queue: number;
  /** Threads of the engine in each worker. */
  readonly threads: number;
  readonly maxBytes: number;
  /** From the first byte of a request to the last of its answer. */
  readonly timeoutMs: number;
  /** How long running reports may go on after SIGTERM. */
  readonly shutdownMs: number;
}

type Values = { [Name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[Name]> };

function readValues(environment: NodeJS.ProcessEnv): Values {
  const problems = Object.keys(environment)
    .filter((name) => name.startsWith('REPORTS_') && !(name in SETTINGS))
    .map((name) => `${name}: expected one of ${Object.keys(SETTINGS).join(', ')}`);
  const values = Object.entries(SETTINGS).map(([name, read]) => {
    try {
      return [name, read(name, environment[name])];
    } catch (error) {
      problems.push((error as Error).message);
      return [name, undefined];
    }
  });
  if (problems.length > 0) throw new SettingsError(problems.join('\n'));
  return Object.fromEntries(values) as Values;
}

/** The settings of an environment. @throws {SettingsError} that names every bad one, also those nobody reads */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const values = readValues(environment);
  return {
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    model: values.REPORTS_MODEL,
    classifier: values.REPORTS_CLASSIFIER,
    backend: values.REPORTS_BACKEND,
    workers: values.REPORTS_WORKERS,
    queue: values.REPORTS_QUEUE,
    threads: values.REPORTS_THREADS,
    maxBytes: Math.round(values.REPORTS_MAX_MB * 1e6),
    timeoutMs: Math.round(values.REPORTS_SECONDS * 1000),
    shutdownMs: Math.round(values.REPORTS_SHUTDOWN_SECONDS * 1000),
  };
}
