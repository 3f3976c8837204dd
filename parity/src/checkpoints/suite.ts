import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CheckpointError } from '@crrg/core';
import { openCheckpointFile, type OpenedCheckpoint } from '@crrg/checkpoints/node';
import { decodeElements, type CheckpointValue, type TensorEntry } from '@crrg/checkpoints';
import { importByKeyMap } from './key-maps.js';
import type { ParityContext, ParitySuite } from '../framework/context.js';

const TIME_LIMIT_MS = 2000;
/** Memory that a small hostile file may cost, beside its own size: buffers and the interpreter's own objects. */
const MEMORY_LIMIT_BYTES = 64 * 2 ** 20;

interface ExpectedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly crc32_contiguous_le: number;
  readonly first: readonly number[];
  readonly alias_of?: string;
}

interface GoodFile {
  readonly note?: string;
  readonly tensors: Readonly<Record<string, ExpectedTensor>>;
  readonly values: Readonly<Record<string, unknown>>;
}

interface HostileFile {
  readonly expect: string;
  readonly reason: string;
  readonly bytes: number;
}

/** Good files must be read exactly, hostile ones must be refused cheaply. */
export const checkpointSuite: ParitySuite = {
  name: 'checkpoints',
  matches: (caseName) => /(^|\/)[^/]+\.expected$/.test(caseName),
  run: async (context) => {
    const folder = join(context.folder, context.name.slice(0, -'.expected'.length));
    const files = Object.entries((context.sidecar['files'] ?? {}) as Record<string, GoodFile | HostileFile>);
    for (const [name, expected] of files) {
      if ('tensors' in expected) await checkGood(context, join(folder, name), name, expected);
      else await checkHostile(context, folder, name, expected);
    }
  },
};

async function checkGood(
  context: ParityContext,
  path: string,
  name: string,
  expected: GoodFile,
): Promise<void> {
  const checkpoint = await openCheckpointFile(path).catch((error: unknown) => {
    context.report(name, Infinity, 0, String(error));
  });
  if (!checkpoint) return;
  try {
    const problems = await compareTensors(checkpoint, expected.tensors);
    problems.push(...compareValues(checkpoint.values, expected.values));
    const count = Object.keys(expected.tensors).length;
    context.report(
      name,
      problems.length,
      0,
      `${count} tensors, ${checkpoint.container}${problems.length ? `: ${problems.slice(0, 5).join('; ')}` : ''}`,
    );
    checkImport(context, checkpoint, name, expected.note ?? '');
  } finally {
    await checkpoint.close();
  }
}

/** Files of the architectures that we import must map onto our names without a rest. */
function checkImport(
  context: ParityContext,
  { entries }: OpenedCheckpoint,
  name: string,
  note: string,
): void {
  const imported = importByKeyMap(entries, note);
  if (!imported) return;
  const { name: architecture, taken, problems } = imported;
  const remark = problems.length ? problems.slice(0, 5).join('; ') : `${taken} tensors taken`;
  context.report(`${name} as ${architecture}`, problems.length, 0, remark);
}

async function compareTensors(
  checkpoint: OpenedCheckpoint,
  expected: GoodFile['tensors'],
): Promise<string[]> {
  const problems = [...checkpoint.entries.keys()]
    .filter((name) => !Object.hasOwn(expected, name))
    .map((name) => `unexpected ${name}`);
  for (const [name, tensor] of Object.entries(expected)) {
    const entry = checkpoint.entries.get(name);
    if (!entry) problems.push(`missing ${name}`);
    else problems.push(...(await compareTensor(entry, tensor)));
  }
  return problems;
}

async function compareTensor(entry: TensorEntry, expected: ExpectedTensor): Promise<string[]> {
  const bytes = await entry.readBytes();
  const first = Array.from(decodeElements(entry.dtype, bytes).slice(0, expected.first.length), Number);
  const facts: [string, unknown, unknown][] = [
    ['dtype', entry.dtype, expected.dtype],
    ['shape', entry.shape.join(), expected.shape.join()],
    ['crc32', crc32(bytes), expected.crc32_contiguous_le],
    ['first values', first.join(), expected.first.join()],
    ['alias', entry.aliasOf, expected.alias_of],
  ];
  return facts
    .filter(([, actual, wanted]) => actual !== wanted)
    .map(
      ([what, actual, wanted]) => `${what} of ${entry.name}: ${String(actual)} instead of ${String(wanted)}`,
    );
}

/** Expected names join keys with dots and may carry a remark in brackets. */
function compareValues(values: ReadonlyMap<string, CheckpointValue>, expected: GoodFile['values']): string[] {
  const dotted = new Map([...values].map(([name, value]) => [name.replaceAll('/', '.'), value]));
  const problems: string[] = [];
  for (const [remarked, wanted] of Object.entries(expected)) {
    const name = remarked.replace(/ \(.*\)$/, '');
    const actual = Array.isArray(wanted)
      ? wanted.map((_, index) => dotted.get(`${name}.${index}`))
      : dotted.get(name);
    if (JSON.stringify(actual) !== JSON.stringify(wanted))
      problems.push(`value ${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
  }
  return problems;
}

/** Opens a file and reads every tensor. */
async function readAll(path: string): Promise<void> {
  const checkpoint = await openCheckpointFile(path);
  try {
    for (const entry of checkpoint.entries.values())
      await entry.read(entry.dtype === 'bool' ? {} : { as: 'float32' });
  } finally {
    await checkpoint.close();
  }
}

async function checkHostile(
  context: ParityContext,
  folder: string,
  name: string,
  { expect, reason, bytes }: HostileFile,
): Promise<void> {
  const path = join(folder, name);
  if ((await stat(path)).size !== bytes)
    return void context.report(name, 1, 0, 'the file differs from its description');
  const listing = await fingerprint(folder);
  const memory = process.memoryUsage();
  const started = performance.now();
  const error = await readAll(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const elapsed = performance.now() - started;
  const after = process.memoryUsage();
  const grown = Math.max(0, after.arrayBuffers - memory.arrayBuffers, after.rss - memory.rss);
  const problems: string[] = [];
  if (error !== undefined && !(error instanceof CheckpointError)) problems.push(`threw ${String(error)}`);
  if (error === undefined && mustRefuse(expect)) problems.push('was accepted');
  if (elapsed > TIME_LIMIT_MS) problems.push(`took ${elapsed.toFixed(0)} ms`);
  if (grown > MEMORY_LIMIT_BYTES + 4 * bytes) problems.push(`took ${(grown / 2 ** 20).toFixed(0)} MiB`);
  if ((await fingerprint(folder)) !== listing) problems.push('wrote files');
  if (error !== undefined && mustLoad(expect)) problems.push(`was refused: ${String(error)}`);
  const outcome = error instanceof CheckpointError ? error.message : 'loaded';
  context.report(name, problems.length, 0, `${reason}: ${problems.length ? problems.join(', ') : outcome}`);
}

/** "refuse" alone or "refuse (preferred)" wants an error; "refuse or load ..." leaves the choice. */
function mustRefuse(expect: string): boolean {
  return /^refuse\b/.test(expect) && !/\b(or|ignore)\b/.test(expect);
}

function mustLoad(expect: string): boolean {
  return /^load\b/.test(expect) && !/\brefuse\b/.test(expect);
}

async function fingerprint(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  return createHash('sha256').update(names.sort().join('\n')).digest('hex');
}
