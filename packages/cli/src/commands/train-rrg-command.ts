import { Option, type Command } from 'commander';
import { withInputErrors } from '../input-errors.js';
import type { CommandContext } from '../io.js';
import { addRuntimeOptions } from './engine-options.js';
import { isCount, numberOption } from './number-option.js';
import {
  badBatchOption,
  collect,
  isPositive,
  isShare,
  isWholePositive,
  wholePositive,
} from './train-options.js';
import type { RrgCommand, TrainRrgOptions } from './train-rrg.js';

const WHAT: Readonly<Record<RrgCommand, string>> = {
  detector: 'train the region detector on region studies',
  selector: 'train detector and region classifiers: which regions have a sentence, which are abnormal',
  generator: 'train the whole report model with its sentences, from a detector and selector',
  rrg: 'train the report model on region studies: detector, selector and generator, one after the other',
};

const EXAMPLES: Readonly<Record<RrgCommand, string>> = {
  detector: `
  crrg train detector studies.jsonl --start models/resnet50 --preset rrg-opt --out runs/detector
  crrg train detector lungs.jsonl --start models/rgrg --epochs 5 --valid-share 1 --out runs/lungs`,
  selector: `
  crrg train selector studies.jsonl --start runs/detector/model --preset rrg-opt --out runs/selector`,
  generator: `
  crrg train generator studies.jsonl --start runs/selector/model --start models/gpt2 --preset rrg-opt --out runs/rrg
  crrg report film.png --model runs/rrg/model`,
  rrg: `
  crrg train rrg studies.jsonl --start models/resnet50 --start models/gpt2 --preset rrg-opt --out runs/rrg
  crrg train rrg studies.jsonl --start models/rgrg --epochs 2,2,1 --out runs/tuned
  crrg train rrg studies.jsonl --config small.json --vocabulary-size 2000 --out runs/small
  crrg report film.png --model runs/rrg/model`,
};

const NOTES = `
STUDIES is a JSONL file of region studies, as crrg data writes them. A region that a study does not list is ignored, not taken as background;
"box": null says that it is not in the film. Studies of the split test are left out.
What --start lacks is drawn from the seed, which stderr says. A part goes over a whole model: --start models/rgrg --start runs/detector/model.
A stopped run goes on when the same command is run again, and repeats no finished stage.

Examples:`;

/** A list of numbers, `2,2,1`. */
function listOption(name: string, isGood: (value: number) => boolean, expected: string) {
  const one = numberOption(name, isGood, `${expected}, or one a stage as 2,2,1,`);
  return (text: string) => text.split(',').map(one);
}

function presetOption(): Option {
  return new Option(
    '--preset <preset>',
    'settings of the paper or of RGRG: rrg-base, rrg-opt, rgrg, or a JSON file of the same form',
  ).default('rrg-base');
}

function addRrgCommand(train: Command, name: RrgCommand, context: CommandContext): void {
  const values = name === 'rrg' ? ', or one a stage: 2,2,1' : '';
  const whole = (flag: string) => listOption(flag, isWholePositive, 'a whole number from 1');
  const share = (flag: string) => listOption(flag, isShare, 'a number above 0 and at most 1');
  const command = train
    .command(name)
    .description(WHAT[name])
    .argument('<studies>', 'a JSONL file of region studies')
    .requiredOption(
      '--out <folder>',
      'gets a folder a stage (states, losses, curves) and the bundle (model/)',
    )
    .option(
      '--start <model>',
      'a whole report model (tiny, a bundle folder, an https address) or a part (resnet50, detector, selector, gpt2); may be repeated',
      collect,
    )
    .addOption(presetOption())
    .option('--config <file>', 'JSON with sizes by network: detector, regionSelector, reportGen')
    .option('--epochs <n>', `epochs${values}`, whole('--epochs'))
    .option('--batch-size <n>', `studies a batch${values}`, whole('--batch-size'))
    .option(
      '--learning-rate <rate>',
      `learning rate before it falls${values && ', or one a stage'}`,
      listOption('--learning-rate', isPositive, 'a number above 0'),
    )
    .option('--accumulate <n>', 'batches whose gradients are summed before an update', whole('--accumulate'))
    .option('--evaluate-every <n>', 'batches between validations', whole('--evaluate-every'))
    .option('--share <p>', 'share of the split train: its first studies', share('--share'))
    .option('--first-rows <n>', 'the first so many studies of the split train', whole('--first-rows'))
    .option('--valid-share <p>', 'share of the split valid: its first studies', share('--valid-share'))
    .addOption(badBatchOption())
    .option(
      '--seed <number>',
      'of everything drawn at random',
      listOption('--seed', isCount, 'a whole number'),
    );
  if (name === 'generator' || name === 'rrg')
    command
      .option(
        '--vocabulary-size <n>',
        'tokens of the vocabulary that is learned where no start has a language model (default: 4096)',
        wholePositive('--vocabulary-size'),
      )
      .option('--train-language-model', 'train GPT-2 itself too (default: only where no start has one)');
  addRuntimeOptions(command)
    .addHelpText('after', `${NOTES}${EXAMPLES[name]}`)
    .action((studies: string, options: TrainRrgOptions) =>
      withInputErrors(context, async () => {
        const { trainRrg } = await import('./train-rrg.js');
        await trainRrg(studies, { ...options, command: name }, context.io);
      }),
    );
}

/** `crrg train detector`, `selector`, `generator` and `rrg`. */
export function addTrainRrgCommands(train: Command, context: CommandContext): void {
  for (const name of ['rrg', 'detector', 'selector', 'generator'] as const)
    addRrgCommand(train, name, context);
}
