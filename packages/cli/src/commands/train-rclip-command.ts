import { Option, type Command } from 'commander';
import { withInputErrors } from '../input-errors.js';
import type { CommandContext } from '../io.js';
import { addRuntimeOptions } from './engine-options.js';
import {
  addSeedOptions,
  collect,
  positive,
  rclipPresetOption,
  share,
  wholePositive,
} from './train-options.js';
import type { TrainRclipOptions } from './train-rclip.js';

const EXAMPLES = `
STUDIES is a JSONL file, one study a line, image paths relative to it:
  {"id": "s1", "patient": "p1", "split": "train", "images": ["s1.png"], "sections": ["Clear lungs."], "labels": {"Pneumonia": 0}}
Studies with sections are pre-trained on, studies with labels make the classifier; a study may have either or both.
A stopped run goes on when the same command is run again. A study with "views" of three kinds gives one image each of two different kinds, and
"backTranslations" are other wordings of its sections.
Several batches an update (--accumulate) are not a larger batch: each is contrasted within itself. Where a batch does not fit into memory,
--micro-batch-size keeps its loss and takes it in parts.

Examples:
  crrg train rclip studies.jsonl --start models/cxr-clip --out runs/rclip
  crrg train rclip studies.jsonl --start models/cxr-clip --out runs/opt --preset rclip-opt --report-model models/rgrg
  crrg train rclip studies.jsonl --start models/image-encoder --start models/bert --out runs/new
  crrg train rclip studies.jsonl --start models/image-encoder --start models/bert --preset convirt --out runs/convirt
  crrg train rclip studies.jsonl --start models/cxr-clip --back-translation models/marian --share 0.1 --out runs/tenth
  crrg train rclip studies.jsonl --start random --config small.json --out runs/small
  crrg classify film.png --model runs/rclip/model`;

/** `crrg train rclip`. */
export function addTrainRclipCommand(train: Command, context: CommandContext): void {
  const command = train
    .command('rclip')
    .description('pre-train image and text encoder on studies and, where there are labels, a classifier')
    .argument('<studies>', 'a JSONL file of studies')
    .requiredOption('--out <folder>', 'gets the state, the losses and the bundle (model/)')
    .option(
      '--start <model>',
      'a contrastive model (tiny, a bundle folder, an https address), or an imported image-encoder and bert, or random for what is missing; may be repeated',
      collect,
    )
    .option('--config <file>', 'JSON with sizes of what is random: imageEncoder, textEncoder, embeddingDim')
    .option('--model <model>', 'as --start with a contrastive model')
    .option('--image-encoder <part>', 'as --start with an imported ResNet-50 (image-encoder) ...')
    .option('--text-encoder <part>', '... and with an imported BERT (bert); projections are fresh')
    .addOption(rclipPresetOption())
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
    .option(
      '--back-translation <folder>',
      'other wordings of texts that have none, by two Marian models in it: opus-mt-en-it and opus-mt-it-en',
    )
    .option(
      '--translation-temperature <t>',
      'of the sampling of words in translations (default: 1.5)',
      positive('--translation-temperature'),
    )
    .option(
      '--translation-beams <n>',
      'beams that are sampled together; 1 takes a fifth of the time (default: 5, as the reference)',
      wholePositive('--translation-beams'),
    )
    .option('--epochs <n>', 'epochs of pre-training', wholePositive('--epochs'))
    .option('--batch-size <n>', 'studies a batch; films a batch of the probe', wholePositive('--batch-size'))
    .option(
      '--accumulate <n>',
      'batches whose gradients are summed before an update',
      wholePositive('--accumulate'),
    )
    .option(
      '--micro-batch-size <n>',
      'studies of a batch that are in memory at a time; the loss stays that of the batch (default: all)',
      wholePositive('--micro-batch-size'),
    )
    .option('--learning-rate <rate>', 'highest learning rate of pre-training', positive('--learning-rate'))
    .option('--share <p>', "share of the split train, drawn as CXR-CLIP's data_frac", share('--share'))
    .option('--first-rows <n>', 'the first so many studies of the split train', wholePositive('--first-rows'))
    .option('--probe-epochs <n>', 'epochs of the probe', wholePositive('--probe-epochs'))
    .option(
      '--probe-share <p>',
      'share of the labelled films, drawn in the same way',
      share('--probe-share'),
    );
  addRuntimeOptions(addSeedOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((studies: string, options: TrainRclipOptions) =>
      withInputErrors(context, async () => {
        const { trainRclip } = await import('./train-rclip.js');
        await trainRclip(studies, options, context.io);
      }),
    );
}
