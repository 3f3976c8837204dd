import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CheckpointError } from '@crrg/core';
import { Option, type Command } from 'commander';
import type { RclipConfig } from '@crrg/rclip';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import { convertCheckpoint, KINDS, type Converted, type Kind } from '../import/convert.js';
import type { LanguageHints, TextHints } from '../import/infer-config.js';
import { KIND_NOTES, modelFields, modelTokenizer } from '../import/manifest.js';
import type { CommandContext } from '../main.js';

interface ImportOptions {
  readonly out: string;
  readonly config?: string;
  readonly name?: string;
  readonly vocab?: string;
  readonly merges?: string;
  readonly kind: Kind | 'auto';
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a bundle lacks, and how to mend it. */
const WITHOUT_TOKENIZER: Readonly<Partial<Record<Kind, string>>> = {
  rgrg: 'write reports; import again with --vocab vocab.json --merges merges.txt',
  'cxr-clip': 'read texts; import again with --vocab vocab.txt',
};

const EXAMPLES = `
Sizes come from the tensors; --config gives, as JSON, what they cannot tell (detector.imageSize, detector.anchors, reportGen.numHeads,
rclip.textEncoder.numHeads, rclip.probe.labels).
Nothing in the file is executed, and it is read tensor by tensor.

Examples:
  crrg models import full_model_checkpoint.pt --out models/rgrg --vocab vocab.json --merges merges.txt
  crrg models import gpt-2-pubmed-medium/ --out models/gpt2
  crrg models import resnet50-11ad3fa6.pth --out models/resnet50
  crrg models import r50_mcc.tar --out models/cxr-clip --vocab vocab.txt
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
    .option('--quiet', 'no progress and no warnings')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: ImportOptions) => runImport(file, options, context));
}

async function readJson(file: string, isOptional = false): Promise<Fields> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isOptional) return {};
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

/** What a Hugging Face `config.json` says of a GPT-2 or a BERT; other fields are not numbers there. */
function hintsOf(config: Fields): LanguageHints & TextHints {
  const number = (name: string) => (typeof config[name] === 'number' ? config[name] : undefined);
  const hints = {
    numHeads: number('n_head') ?? number('num_attention_heads'),
    numPositions: number('n_positions'),
    layerNormEpsilon: number('layer_norm_eps'),
  };
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined));
}

/** What the file could not tell, for people. */
function assumptions({ kind, config }: Converted, given: Fields, hints: LanguageHints): string[] {
  const has = (part: string, field: string) => Object.hasOwn((given[part] ?? {}) as object, field);
  const said: string[] = [];
  const detector = config['detector'] as { imageSize: number } | undefined;
  const language = config['reportGen'] as { numHeads: number } | undefined;
  const text = (config['rclip'] as RclipConfig | undefined)?.textEncoder;
  if ((kind === 'rgrg' || kind === 'detector') && detector && !has('detector', 'imageSize'))
    said.push(`detector.imageSize ${detector.imageSize}`);
  if (language && hints.numHeads === undefined && !has('reportGen', 'numHeads'))
    said.push(`reportGen.numHeads ${language.numHeads}`);
  if (text && kind !== 'image-encoder' && hints.numHeads === undefined && !has('rclip', 'textEncoder'))
    said.push(`rclip.textEncoder.numHeads ${text.numHeads}`);
  return said;
}

async function runImport(file: string, options: ImportOptions, { io }: CommandContext): Promise<void> {
  const isFolder = await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  const folder = isFolder ? file : path.dirname(file);
  const given = options.config === undefined ? {} : await readJson(options.config);
  const { writeBundle } = await import('@crrg/checkpoints/node');
  const checkpoint = await openAny(file, isFolder);
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  try {
    const hints = hintsOf(await readJson(path.join(folder, 'config.json'), true));
    const converted = convertCheckpoint(checkpoint.entries, {
      kind: options.kind,
      given,
      hints,
      values: checkpoint.values,
    });
    const { kind, weights } = converted;
    const tokenizer = await modelTokenizer(converted, { ...options, folder });
    const manifest = await writeBundle(
      options.out,
      {
        name: options.name ?? nameOf(file),
        version: '1',
        ...modelFields(converted),
        tokenizer: tokenizer?.tokenizer ?? null,
        attachments: tokenizer?.attachments,
        licence: 'as the source',
        trainingData: 'as the source',
        source: `converted from ${path.basename(file)} (${kind})`,
        modelCard: null,
        weights,
      },
      { signal: io.signal, onProgress: progress.onProgress },
    );
    progress.clear();
    const done = `${manifest.name}: ${KIND_NOTES[kind]}; ${weights.size} tensors in ${options.out}`;
    io.stdout.write(`${printable(done)}\n`);
    if (options.quiet) return;
    const assumed = assumptions(converted, given, hints);
    if (assumed.length > 0)
      io.stderr.write(
        `crrg: warning: not in the file, assumed: ${assumed.join(', ')}; --config sets other values\n`,
      );
    const missing = tokenizer === undefined ? WITHOUT_TOKENIZER[kind] : undefined;
    if (missing !== undefined)
      io.stderr.write(`crrg: warning: without a tokenizer this bundle cannot ${missing}\n`);
  } finally {
    progress.clear();
    await checkpoint.close();
  }
}

/** A name for a manifest from that of a file. */
function nameOf(file: string): string {
  const name = path
    .basename(path.resolve(file))
    .replace(/\.(pt|pth|bin|safetensors|tar)$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^\.+|\.+$/g, '');
  if (name) return name;
  throw new CheckpointError('cli.import: expected a file name with letters, got none; pass --name.');
}
