import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '@crrg/core';
import { Option, type Command } from 'commander';
import { printError, UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import { convertCheckpoint, type Converted } from '../import/convert.js';
import { readHubConfig } from '../import/hub-config.js';
import { KINDS, type Kind } from '../import/kinds.js';
import { KIND_NOTES, modelFields, modelTokenizer, type ModelFields } from '../import/manifest.js';
import { mergeFields, type Fields } from '../import/merge-fields.js';
import { requireOutFolder, writingInto } from '../import/out-folder.js';
import { labelFields, type LabelOptions } from '../import/probe-labels.js';
import { findModel } from '../import/state-dicts.js';
import { checkTiedTensors } from '../import/tied-tensors.js';
import type { CommandContext } from '../io.js';

interface ImportOptions extends LabelOptions {
  readonly out: string;
  readonly config?: string;
  readonly name?: string;
  readonly vocab?: string;
  readonly merges?: string;
  readonly kind: Kind | 'auto';
  readonly prefix?: string;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** What a bundle lacks, and how to mend it. */
const WITHOUT_TOKENIZER: Readonly<Partial<Record<Kind, string>>> = {
  rgrg: 'write reports; import again with --vocab vocab.json --merges merges.txt',
  'cxr-clip': 'read texts; import again with --vocab vocab.txt',
};

const EXAMPLES = `
Sizes come from the tensors; --config gives, as JSON, what they cannot tell (detector.imageSize, detector.anchors, reportGen.numHeads,
rclip.textEncoder.numHeads). What is not given is assumed, said, and kept in the manifest.
Nothing in the file is executed, and it is read tensor by tensor.

Examples:
  crrg models import full_model_checkpoint.pt --out models/rgrg --vocab vocab.json --merges merges.txt
  crrg models import gpt-2-pubmed-medium/ --out models/gpt2
  crrg models import resnet50-11ad3fa6.pth --out models/resnet50
  crrg models import r50_mcc.tar --out models/cxr-clip --vocab vocab.txt
  crrg models import probe.tar --out models/probe --labels Pneumothorax --thresholds 0.31
  crrg models import dino.pth --out models/resnet50 --prefix student/
  crrg models import Bio_ClinicalBERT/ --out models/bert
  crrg models import resnet50-0676ba61.pth --kind image-encoder --out models/image-encoder`;

/** `crrg models import`. */
export function addImportCommand(models: Command, context: CommandContext): void {
  models
    .command('import')
    .description('convert a published checkpoint (torch, safetensors, Hugging Face folder) to a bundle')
    .argument('<file>', 'a weights file or a Hugging Face folder')
    .requiredOption('--out <folder>', 'where the bundle goes')
    .option('--config <file>', 'JSON with parts of the configuration')
    .option('--name <name>', 'name of the model (default: from the file)')
    .option('--vocab <file>', 'vocab.json, or vocab.txt of a text encoder (default: beside the checkpoint)')
    .option('--merges <file>', 'merges.txt (default: beside the checkpoint)')
    .addOption(new Option('--kind <kind>', 'what the file is').choices(['auto', ...KINDS]).default('auto'))
    .option('--prefix <start>', 'start of the names of the model that is meant, where a file has several')
    .option('--labels <names>', "what a classifier's outputs mean, in order, between commas")
    .option(
      '--thresholds <numbers>',
      'probability of each label above which it counts as found, between commas',
    )
    .option('--quiet', 'no progress and no warnings')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: ImportOptions) => runImport(file, options, context));
}

async function readJson(file: string): Promise<Fields> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--config: expected a readable file at ${file}, got ${String(error)}.`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Said below.
  }
  throw new UsageError(`${file}: expected a JSON object.`);
}

async function openAny(file: string, isFolder: boolean) {
  const { openCheckpointFile, openHuggingFaceFolder } = await import('@crrg/checkpoints/node');
  return isFolder ? openHuggingFaceFolder(file) : openCheckpointFile(file);
}

const HOW_TO_SET: Readonly<Record<string, string>> = { labels: '--labels', thresholds: '--thresholds' };

function valueOf({ config, labels, thresholds }: ModelFields, field: string): string {
  if (field === 'labels') return labels.join(', ');
  if (field === 'thresholds') return String(Object.values(thresholds)[0]);
  const value = field
    .split('.')
    .slice(1)
    .reduce<unknown>((fields, name) => (fields as Fields)[name], config);
  return JSON.stringify(value);
}

/** What the file could not tell, for people. */
function assumed(fields: ModelFields, { assumptions }: Converted): string {
  const said = assumptions.map((field) => `${field.replace(/^config\./, '')} ${valueOf(fields, field)}`);
  const options = new Set(assumptions.map((field) => HOW_TO_SET[field] ?? '--config'));
  return `not in the file, assumed: ${said.join('; ')}; set with ${[...options].join(', ')}`;
}

/** @throws {UsageError} for labels of a model without a classifier */
function requireClassifier(kind: Kind, { labels, thresholds }: LabelOptions): void {
  if ((labels === undefined && thresholds === undefined) || kind === 'cxr-clip-probe') return;
  throw new UsageError(
    `${labels === undefined ? '--thresholds' : '--labels'}: expected a classifier (cxr-clip-probe), got ${kind}; leave it out.`,
  );
}

async function runImport(file: string, options: ImportOptions, { io }: CommandContext): Promise<void> {
  const { out, config, vocab, merges } = options;
  await requireOutFolder(
    out,
    [file, config, vocab, merges].filter((input) => input !== undefined),
  );
  const isFolder = await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const folder = isFolder ? file : path.dirname(file);
  const given = mergeFields(
    options.config === undefined ? {} : await readJson(options.config),
    labelFields(options),
  );
  const { writeBundle } = await import('@crrg/checkpoints/node');
  const checkpoint = await openAny(file, isFolder);
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const found = findModel(checkpoint.entries, options);
    requireClassifier(found.kind, options);
    const hub = await readHubConfig(file, isFolder, found.kind);
    const converted = convertCheckpoint(found, { given, hub, values: checkpoint.values });
    await checkTiedTensors(found.kind, found.entries);
    const { kind, weights } = converted;
    const fields = modelFields(converted);
    const tokenizer = await modelTokenizer(converted, { ...options, folder });
    const content = {
      name: options.name ?? nameOf(file),
      version: '1',
      ...fields,
      ...(converted.assumptions.length > 0 && { assumptions: converted.assumptions }),
      tokenizer: tokenizer?.tokenizer ?? null,
      attachments: tokenizer?.attachments,
      licence: 'as the source',
      trainingData: 'as the source',
      source: `converted from ${path.basename(file)} (${kind})`,
      modelCard: null,
      weights,
    };
    const bundleOptions = { signal: io.signal, onProgress: progress.onProgress };
    const manifest = await writingInto(out, () => writeBundle(out, content, bundleOptions));
    progress.clear();
    const done = `${manifest.name}: ${KIND_NOTES[kind]}; ${weights.size} tensors in ${out}`;
    io.stdout.write(`${printable(done)}\n`);
    if (options.quiet) return;
    for (const note of found.notes) printError(io, note, 'note');
    if (converted.assumptions.length > 0) printError(io, assumed(fields, converted), 'warning');
    const missing = tokenizer === undefined ? WITHOUT_TOKENIZER[kind] : undefined;
    if (missing !== undefined) printError(io, `without a tokenizer this bundle cannot ${missing}`, 'warning');
  } finally {
    progress.clear();
    await checkpoint.close();
  }
}

/** A name for a manifest from that of a file. */
function nameOf(file: string): string {
  const name = path
    .basename(path.resolve(file))
    .replace(/(\.(pt|pth|bin|safetensors|tar|ckpt))+$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^\.+|\.+$/g, '');
  if (name) return name;
  throw new CheckpointError('cli.import: expected a file name with letters, got none; pass --name.');
}
