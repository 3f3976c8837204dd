import { CheckpointError } from '@crrg/core';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

/** The format that this version reads and writes. */
export const BUNDLE_SCHEMA = 'crrg/bundle/1';
/** File name of the manifest inside a bundle. */
export const MANIFEST_FILE = 'manifest.json';

const WHERE = 'checkpoints.parseManifest';
/** A longer one is not read. */
export const MAX_MANIFEST_BYTES = 10_000_000;
const MAX_DEPTH = 32;

/** What a file of a bundle is for. */
export type BundleFileRole = 'weights' | 'tokenizer' | 'document';

/** One file of a bundle. */
export interface BundleFile {
  /** Relative path with `/` between parts; only letters, digits, `.`, `_` and `-` in a part. */
  readonly path: string;
  readonly role: BundleFileRole;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string;
}

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What weights mean, kept beside them in `manifest.json`. */
export interface BundleManifest {
  readonly schema: typeof BUNDLE_SCHEMA;
  readonly name: string;
  readonly version: string;
  /** Architecture, as the model packages write it. */
  readonly config: JsonObject;
  readonly files: readonly BundleFile[];
  /** Size, pixel range, mean and deviation, as the image package writes them. */
  readonly preprocessing: JsonObject;
  /** Class names in the order of the outputs. */
  readonly labels: readonly string[];
  /** Operating thresholds by name. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Kind and files of the tokenizer; null where the model writes no text. */
  readonly tokenizer: JsonObject | null;
  readonly licence: string;
  readonly trainingData: string;
  /** Where the weights come from: a recipe, a paper, a converted file. */
  readonly source: string;
  /** Path of the model card inside the bundle, or null. */
  readonly modelCard: string | null;
  /** Fields of this manifest that the source did not tell and whose values were assumed: `labels`. @defaultValue none */
  readonly assumptions?: readonly string[] | undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a path that cannot leave its folder on any system: no `..`, no drive, no backslash, no hidden first part. */
export function isSafePath(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 255) return false;
  return path.split('/').every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part) && !part.endsWith('.'));
}

type Check = (value: unknown) => string | undefined;

const expect =
  (what: string, test: (value: unknown) => boolean): Check =>
  (value) =>
    test(value) ? undefined : `expected ${what}, got ${JSON.stringify(value)?.slice(0, 60) ?? 'nothing'}`;

const isText = (value: unknown) => typeof value === 'string' && value.length > 0;
const areNumbers = (value: unknown) =>
  isObject(value) && Object.values(value).every((item) => Number.isFinite(item));

const FIELDS: Readonly<Record<keyof BundleManifest, Check>> = {
  schema: expect(`"${BUNDLE_SCHEMA}"`, (value) => value === BUNDLE_SCHEMA),
  name: expect(
    'a name of letters, digits, ".", "_" and "-"',
    (value) => isSafePath(value) && !value.includes('/'),
  ),
  version: expect('a version', isText),
  config: expect('an object', isObject),
  files: expect('a list of files', (value) => Array.isArray(value) && value.length > 0),
  preprocessing: expect('an object', isObject),
  labels: expect('a list of names', (value) => Array.isArray(value) && value.every(isText)),
  thresholds: expect('an object of numbers', areNumbers),
  tokenizer: expect('an object or null', (value) => value === null || isObject(value)),
  licence: expect('a text', isText),
  trainingData: expect('a text', isText),
  source: expect('a text', isText),
  modelCard: expect('a relative path or null', (value) => value === null || isSafePath(value)),
  assumptions: expect(
    'a list of names',
    (value) => value === undefined || (Array.isArray(value) && value.every(isText)),
  ),
};

const FILE_FIELDS: Readonly<Record<keyof BundleFile, Check>> = {
  path: expect(
    'a relative path of letters, digits, ".", "_" and "-"',
    (value) => isSafePath(value) && value !== MANIFEST_FILE,
  ),
  role: expect(
    'weights, tokenizer or document',
    (value) => value === 'weights' || value === 'tokenizer' || value === 'document',
  ),
  size: expect('a whole number of bytes', (value) => Number.isSafeInteger(value) && (value as number) >= 0),
  sha256: expect(
    '64 hexadecimal digits',
    (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  ),
};

function checkFields(value: JsonObject, fields: Readonly<Record<string, Check>>, prefix: string): string[] {
  const problems = Object.entries(fields).map(([name, check]) => {
    const problem = check(Object.hasOwn(value, name) ? value[name] : undefined);
    return problem && `${prefix}${name}: ${problem}`;
  });
  return problems.filter((problem) => problem !== undefined);
}

function checkFiles(files: readonly unknown[]): string[] {
  const problems: string[] = [];
  const paths = new Set<string>();
  files.forEach((file, index) => {
    if (!isObject(file)) return void problems.push(`files[${index}]: expected an object`);
    problems.push(...checkFields(file, FILE_FIELDS, `files[${index}].`));
    const path = String(file['path']).toLowerCase();
    if (paths.has(path)) problems.push(`files[${index}].path: expected distinct paths, got "${path}" twice`);
    paths.add(path);
  });
  return problems;
}

function checkReferences({ files, modelCard }: BundleManifest): string[] {
  const problems: string[] = [];
  const paths = new Set(files.map((file) => file.path));
  if (modelCard !== null && !paths.has(modelCard))
    problems.push(`modelCard: expected one of the files, got "${modelCard}"`);
  if (!files.some((file) => file.role === 'weights'))
    problems.push('files: expected at least one with the role weights');
  if (!Number.isSafeInteger(files.reduce((sum, file) => sum + file.size, 0)))
    problems.push('files: expected sizes with an exact sum');
  return problems;
}

/**
 * A checked manifest. Fields that this version does not know are dropped.
 * @throws {CheckpointError} that names every bad field
 */
export function parseManifest(json: Uint8Array | string): BundleManifest {
  const problems: string[] = [];
  const value = parseJson(json);
  if (!isObject(value)) problems.push('expected an object');
  else
    problems.push(
      ...checkFields(value, FIELDS, ''),
      ...(Array.isArray(value['files']) ? checkFiles(value['files']) : []),
    );
  if (problems.length === 0) problems.push(...checkReferences(value as unknown as BundleManifest));
  if (problems.length > 0) {
    throw new CheckpointError(
      `${WHERE}: ${problems.join('; ')}; write the bundle again or fetch it from its source.`,
      { details: { problems } },
    );
  }
  const known = value as unknown as BundleManifest;
  const fields = Object.keys(FIELDS).map((name) => [name, known[name as keyof BundleManifest]]);
  const files = known.files.map(({ path, role, size, sha256 }) => ({ path, role, size, sha256 }));
  return { ...(Object.fromEntries(fields) as BundleManifest), files };
}

function parseJson(json: Uint8Array | string): unknown {
  if (json.length > MAX_MANIFEST_BYTES) {
    throw new CheckpointError(
      `${WHERE}: expected at most ${MAX_MANIFEST_BYTES} bytes, got ${json.length}; this is not a manifest.`,
    );
  }
  try {
    const text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json);
    return parseStrictJson(text, MAX_DEPTH);
  } catch (cause) {
    const reason = cause instanceof StrictJsonError ? cause.message : 'not UTF-8';
    throw new CheckpointError(
      `${WHERE}: expected JSON, got a text that is wrong: ${reason}; fetch the bundle again.`,
      { cause },
    );
  }
}

/** The text of `manifest.json`; parsing it gives the same manifest. */
export function formatManifest(manifest: BundleManifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
