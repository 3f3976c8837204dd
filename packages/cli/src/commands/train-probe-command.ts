import type { Command } from 'commander';
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
import type { TrainProbeOptions } from './train-probe.js';

const EXAMPLES = `
STUDIES is a JSONL file of studies with labels, as for crrg train rclip; texts are not read. The image encoder keeps its values.
--share draws labelled films as CXR-CLIP's data_frac: the first round-half-even(p n) of NumPy's RandomState(1).permutation(n).

Examples:
  crrg train probe rsna.jsonl --start runs/rclip/model --out runs/probe
  crrg train probe rsna.jsonl --start models/cxr-clip --preset cxr-clip-10 --out runs/probe-10
  crrg train probe rsna.jsonl --start models/image-encoder --out runs/imagenet    # ImageNet initialisation
  crrg train probe rsna.jsonl --start random --out runs/random                    # random initialisation
  crrg classify film.png --model runs/probe/model`;

/** `crrg train probe`. */
export function addTrainProbeCommand(train: Command, context: CommandContext): void {
  const command = train
    .command('probe')
    .description('train a linear classifier on a frozen image encoder')
    .argument('<studies>', 'a JSONL file of studies with labels')
    .requiredOption('--out <folder>', 'gets the losses and the bundle (model/)')
    .requiredOption(
      '--start <model>',
      'a contrastive model or classifier (tiny, a bundle folder, an https address), an imported image-encoder, or random',
      collect,
    )
    .option('--config <file>', 'JSON with sizes of what is random: imageEncoder')
    .addOption(rclipPresetOption())
    .option('--epochs <n>', 'epochs', wholePositive('--epochs'))
    .option('--batch-size <n>', 'films a batch', wholePositive('--batch-size'))
    .option('--learning-rate <rate>', 'highest learning rate', positive('--learning-rate'))
    .option('--share <p>', 'share of the labelled films of the split train', share('--share'));
  addRuntimeOptions(addSeedOptions(command))
    .addHelpText('after', EXAMPLES)
    .action((studies: string, options: TrainProbeOptions) =>
      withInputErrors(context, async () => {
        const { trainProbe } = await import('./train-probe.js');
        await trainProbe(studies, options, context.io);
      }),
    );
}
