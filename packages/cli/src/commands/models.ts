import path from 'node:path';
import { computeSha256, parseManifest, type BundleManifest } from '@crrg/checkpoints';
import { fetchBundle, openFile, readBundle } from '@crrg/checkpoints/node';
import { checkBundleKeys } from '@crrg/pipeline/import';
import type { Command } from 'commander';
import { createProgressLine, type ProgressLine } from '../format/progress-line.js';
import { formatTable, printable } from '../format/text.js';
import { widthOf, type CommandContext } from '../io.js';
import { addExportCommand } from './models-export.js';
import { addImportCommand } from './models-import.js';

interface ProgressOptions {
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

interface FetchOptions extends ProgressOptions {
  readonly cache?: string;
  readonly sha256?: string;
}

/** `crrg models`. */
export function addModelsCommand(program: Command, context: CommandContext): void {
  const models = program.command('models').description('convert, check, fetch, show and export models');
  addImportCommand(models, context);
  addExportCommand(models, context);
  models
    .command('verify')
    .description('check sizes, hashes, headers, and the names and shapes of all tensors of a bundle')
    .argument('<folder>', 'a bundle')
    .option('--quiet', 'no progress')
    .option('--progress', 'progress also where stderr is no terminal')
    .action((folder: string, options: ProgressOptions) => runVerify(folder, options, context));
  models
    .command('info')
    .description('show what a bundle is')
    .argument('<folder>', 'a bundle')
    .option('--json', 'the manifest as JSON')
    .action((folder: string, options: { json?: boolean }) => runInfo(folder, options, context));
  models
    .command('fetch')
    .description('download a bundle, check it and keep it; prints its folder')
    .argument('<url>', 'the https address of the folder with manifest.json')
    .option('--cache <folder>', 'where bundles are kept (default: ~/.cache/crrg)')
    .option('--sha256 <digits>', 'SHA-256 that manifest.json must have')
    .option('--quiet', 'no progress')
    .option('--progress', 'progress also where stderr is no terminal')
    .action((url: string, options: FetchOptions) => runFetch(url, options, context));
}

async function withProgress<T>(
  { quiet, progress }: ProgressOptions,
  { io }: CommandContext,
  work: (line: ProgressLine) => Promise<T>,
): Promise<T> {
  const line = createProgressLine(io.stderr, { isQuiet: quiet, isForced: progress });
  try {
    return await work(line);
  } finally {
    line.clear();
  }
}

async function runVerify(folder: string, options: ProgressOptions, context: CommandContext): Promise<void> {
  const { signal, stdout } = context.io;
  const bundle = await withProgress(options, context, ({ onProgress }) =>
    readBundle(folder, { verify: true, signal, onProgress }),
  );
  try {
    const { name, version, files } = bundle.manifest;
    const what = checkBundleKeys(bundle);
    const counts = `${files.length} files and ${bundle.entries.size} tensors`;
    stdout.write(`${printable(`${name} ${version}: ${what}; ${counts} are as they should be`)}\n`);
  } finally {
    await bundle.close();
  }
}

function formatSummary(manifest: BundleManifest, sha256: string, width: number): string {
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  const rows = [
    ['name', `${manifest.name} ${manifest.version}`],
    ['sha256', sha256],
    ['files', `${manifest.files.map((file) => file.path).join(', ')} (${(bytes / 1e6).toFixed(1)} MB)`],
    ['config', JSON.stringify(manifest.config)],
    ...(manifest.assumptions?.length ? [['assumed', manifest.assumptions.join(', ')]] : []),
    ...(manifest.labels.length > 0 ? [['labels', manifest.labels.join(', ')]] : []),
    ...(Object.keys(manifest.thresholds).length > 0
      ? [['thresholds', Object.values(manifest.thresholds).join(', ')]]
      : []),
    ['tokenizer', manifest.tokenizer ? JSON.stringify(manifest.tokenizer) : 'none'],
    ['licence', manifest.licence],
    ['training data', manifest.trainingData],
    ['source', manifest.source],
  ];
  return formatTable(
    rows.map((row) => row.map(printable)),
    width,
  );
}

async function runInfo(folder: string, { json }: { json?: boolean }, { io }: CommandContext): Promise<void> {
  const file = await openFile(path.join(folder, 'manifest.json'));
  try {
    const bytes = await file.read(0, Math.min(file.size, 2 ** 24));
    const manifest = parseManifest(bytes);
    const summary = json
      ? `${JSON.stringify(manifest, undefined, 2)}\n`
      : formatSummary(manifest, await computeSha256(bytes), widthOf(io.stdout));
    io.stdout.write(summary);
  } finally {
    await file.close();
  }
}

async function runFetch(url: string, options: FetchOptions, context: CommandContext): Promise<void> {
  const { signal, stdout } = context.io;
  const folder = await withProgress(options, context, ({ onProgress }) =>
    fetchBundle(url, {
      cacheFolder: options.cache,
      manifestSha256: options.sha256,
      signal,
      onProgress,
    }),
  );
  // A script that reads the name needs it as it is.
  stdout.write(`${stdout.isTTY ? printable(folder) : folder}\n`);
}
