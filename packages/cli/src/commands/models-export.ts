import { EXPORT_TARGETS, exportModel, type ExportNames, type ExportTarget } from '@crrg/pipeline/export';
import { Option, type Command } from 'commander';
import { printError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { withFlags } from './option-names.js';

interface ExportOptions {
  readonly to: ExportTarget;
  readonly out: string;
  readonly names?: ExportNames;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

const EXAMPLES = `
rgrg and cxr-clip are files of torch that these programs load strictly (cxr-clip-probe: its linear probe). What is not in the model
(optimizer, epoch, ...), is filled in, or differs from what the program has in its code, is said. onnx writes every network and
export.json, which says what they take and give.

Examples:
  crrg models export runs/rrg/model --to rgrg --out full_model.pt
  crrg models export runs/rclip/model --to cxr-clip --out model-best.tar
  crrg models export runs/rclip/model --to safetensors --names reference --out weights.safetensors
  crrg models export models/rgrg --to onnx --out rgrg-onnx/`;

/** `crrg models export`. */
export function addExportCommand(models: Command, context: CommandContext): void {
  models
    .command('export')
    .description('write a bundle for other programs: PyTorch of RGRG or CXR-CLIP, safetensors, ONNX')
    .argument('<model>', 'tiny, a bundle folder, or the https address of one')
    .addOption(
      new Option('--to <target>', 'what to write').choices([...EXPORT_TARGETS]).makeOptionMandatory(),
    )
    .requiredOption('--out <path>', 'a new file; for onnx a new or empty folder')
    .addOption(
      new Option('--names <whose>', 'names of the tensors in a safetensors file (default: ours)').choices([
        'ours',
        'reference',
      ]),
    )
    .option('--quiet', 'no progress and no notes')
    .option('--progress', 'progress also where stderr is no terminal')
    .addHelpText('after', EXAMPLES)
    .action((model: string, options: ExportOptions) => runExport(model, options, context));
}

async function runExport(model: string, options: ExportOptions, { io }: CommandContext): Promise<void> {
  const { quiet, progress: isForced, ...rest } = options;
  const progress = createProgressLine(io.stderr, { isQuiet: quiet, isForced });
  const { name, kind, files, tensorCount, notes } = await exportModel(model, {
    ...rest,
    signal: io.signal,
    onProgress: progress.onProgress,
  })
    .catch((error: unknown) => {
      throw withFlags(error);
    })
    .finally(() => progress.clear());
  const where = options.to === 'onnx' ? `${files.join(', ')} in ${options.out}` : options.out;
  io.stdout.write(`${printable(`${name}: ${kind}, ${tensorCount} tensors, for ${options.to}: ${where}`)}\n`);
  if (!quiet) for (const note of notes) printError(io, note, 'note');
}
