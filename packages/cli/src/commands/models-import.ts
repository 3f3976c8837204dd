import type { BundleManifest } from '@crrg/checkpoints';
import { importModel, IMPORT_KINDS, type ImportKind, type ImportedModel } from '@crrg/pipeline/import';
import { Option, type Command } from 'commander';
import { printError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { labelOptions, type LabelTexts } from './label-options.js';
import { withFlags } from './option-names.js';

interface ImportOptions extends LabelTexts {
  readonly out: string;
  readonly config?: string;
  readonly name?: string;
  readonly vocab?: string;
  readonly merges?: string;
  readonly kind: ImportKind | 'auto';
  readonly prefix?: string;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** What a bundle of this kind is good for. */
const KIND_NOTES: Readonly<Record<ImportKind, string>> = {
  rgrg: 'a whole report model',
  'cxr-clip': 'a whole contrastive model',
  'cxr-clip-probe': 'a whole classifier',
  detector: 'the part detector alone: for training, not for reports',
  resnet50: 'the part resnet50 alone: for training, not for reports',
  gpt2: 'the part gpt2 alone: for training, not for reports',
  bert: 'the text encoder alone: for training',
  'image-encoder': 'the image encoder alone: for training',
};

/** What a bundle lacks, and how to mend it. */
const WITHOUT_TOKENIZER: Readonly<Partial<Record<ImportKind, string>>> = {
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
    .addOption(
      new Option('--kind <kind>', 'what the file is').choices(['auto', ...IMPORT_KINDS]).default('auto'),
    )
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

const HOW_TO_SET: Readonly<Record<string, string>> = { labels: '--labels', thresholds: '--thresholds' };

function valueOf({ config, labels, thresholds }: BundleManifest, field: string): string {
  if (field === 'labels') return labels.join(', ');
  if (field === 'thresholds') return String(Object.values(thresholds)[0]);
  const value = field
    .split('.')
    .slice(1)
    .reduce<unknown>((fields, name) => (fields as Record<string, unknown>)[name], config);
  return JSON.stringify(value);
}

/** What the file could not tell, for people. */
function assumed(manifest: BundleManifest, assumptions: readonly string[]): string {
  const said = assumptions.map((field) => `${field.replace(/^config\./, '')} ${valueOf(manifest, field)}`);
  const options = new Set(assumptions.map((field) => HOW_TO_SET[field] ?? '--config'));
  return `not in the file, assumed: ${said.join('; ')}; set with ${[...options].join(', ')}`;
}

function sayDoubts({ kind, manifest, notes }: ImportedModel, { io }: CommandContext): void {
  for (const note of notes) printError(io, note, 'note');
  const { assumptions = [], tokenizer } = manifest;
  if (assumptions.length > 0) printError(io, assumed(manifest, assumptions), 'warning');
  const missing = tokenizer === null ? WITHOUT_TOKENIZER[kind] : undefined;
  if (missing !== undefined) printError(io, `without a tokenizer this bundle cannot ${missing}`, 'warning');
}

async function runImport(file: string, options: ImportOptions, context: CommandContext): Promise<void> {
  const { io } = context;
  const { quiet, progress: isForced, labels, thresholds, ...rest } = options;
  const progress = createProgressLine(io.stderr, { isQuiet: quiet, isForced });
  const imported = await importModel(file, {
    ...rest,
    ...labelOptions({ labels, thresholds }),
    signal: io.signal,
    onProgress: progress.onProgress,
  })
    .catch((error: unknown) => {
      throw withFlags(error);
    })
    .finally(() => progress.clear());
  const { kind, manifest, tensorCount } = imported;
  io.stdout.write(
    `${printable(`${manifest.name}: ${KIND_NOTES[kind]}; ${tensorCount} tensors in ${options.out}`)}\n`,
  );
  if (!quiet) sayDoubts(imported, context);
}
