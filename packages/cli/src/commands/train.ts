import { Option, type Command } from 'commander';
import { withInputErrors } from '../input-errors.js';
import type { CommandContext } from '../io.js';
import { addRuntimeOptions } from './engine-options.js';
import { isCount, numberOption } from './number-option.js';
import type { TrainRclipOptions } from './train-rclip.js';
import { addTrainRrgCommands } from './train-rrg-command.js';

const EXAMPLES = `
STUDIES is a JSONL file, one study a line, image paths relative to it:
  {"id": "s1", "patient": "p1", "split": "train", "images": ["s1.png"], "sections": ["Clear lungs."], "labels": {"Pneumonia": 0}}
Studies with sections are pre-trained on, studies with labels make the classifier; a study may have either or both.
A stopped run goes on when the same command is run again.

Examples:
  crrg train rclip studies.jsonl --model models/cxr-clip --out runs/rclip
  crrg train rclip studies.jsonl --model models/cxr-clip --out runs/opt --preset rclip-opt --report-model models/rgrg
  crrg train rclip studies.jsonl --image-encoder models/image-encoder --text-encoder models/bert --out runs/new
  crrg classify film.png --model runs/rclip/model`;

const isPositive = (value: number) => Number.isFinite(value) && value > 0;
const isWholePositive = (value: number) => isCount(value) && value > 0;
const wholePositive = (name: string) => numberOption(name, isWholePositive, 'a whole number from 1');

/** `crrg train`. */
export function addTrainCommand(program: Command, context: CommandContext): void {
  const train = program.command('train').description('train models on your own studies');
  addTrainRrgCommands(train, context);
  const rclip = train
    .command('rclip')
    .description('pre-train image and text encoder on studies and, where there are labels, a classifier')
    .argument('<studies>', 'a JSONL file of studies')
    .requiredOption('--out <folder>', 'gets the state, the losses and the bundle (model/)')
    .option('--model <model>', 'contrastive model to start from: tiny, a bundle folder, or an https address')
    .option('--image-encoder <part>', 'instead of --model: an imported ResNet-50 (image-encoder) ...')
    .option('--text-encoder <part>', '... and an imported BERT (bert); projections are fresh')
    .addOption(
      new Option('--preset <name>', 'settings of the paper')
        .choices(['rclip-base', 'rclip-opt'])
        .default('rclip-base'),
    )
    .addOption(
      new Option(
        '--text <source>',
        'what the model reads: sections of the studies, or reports that the report model writes (default: that of the preset)',
      ).choices(['original', 'generated']),
    )
    .addOption(
      new Option('--reports <file>', 'generated reports, from crrg report --jsonl').conflicts('reportModel'),
    )
    .option('--report-model <model>', 'what writes the reports (default: tiny)')
    .option('--epochs <n>', 'epochs of pre-training', wholePositive('--epochs'))
    .option('--batch-size <n>', 'studies a batch; films a batch of the probe', wholePositive('--batch-size'))
    .option(
      '--learning-rate <rate>',
      'highest learning rate of pre-training',
      numberOption('--learning-rate', isPositive, 'a number above 0'),
    )
    .option('--probe-epochs <n>', 'epochs of the probe', wholePositive('--probe-epochs'))
    .addOption(
      new Option(
        '--on-bad-batch <what>',
        'a batch that fails (memory) or has no finite loss stops the run, or is skipped and counted',
      )
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .option(
      '--seed <number>',
      'of everything drawn at random',
      numberOption('--seed', isCount, 'a whole number'),
    );
  addRuntimeOptions(rclip)
    .addHelpText('after', EXAMPLES)
    .action((studies: string, options: TrainRclipOptions) =>
      withInputErrors(context, async () => {
        const { trainRclip } = await import('./train-rclip.js');
        await trainRclip(studies, options, context.io);
      }),
    );
}
