import { Option, type Command } from 'commander';
import { isCount, numberOption } from './number-option.js';

export const isPositive = (value: number) => Number.isFinite(value) && value > 0;
export const isWholePositive = (value: number) => isCount(value) && value > 0;
export const isShare = (value: number) => value > 0 && value <= 1;

/** A whole number from 1. */
export const wholePositive = (name: string) => numberOption(name, isWholePositive, 'a whole number from 1');
/** A number above 0. */
export const positive = (name: string) => numberOption(name, isPositive, 'a number above 0');
/** A number above 0 and at most 1. */
export const share = (name: string) => numberOption(name, isShare, 'a number above 0 and at most 1');

/** Every value of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** `--preset` of R-CLIP. */
export const rclipPresetOption = (): Option =>
  new Option(
    '--preset <preset>',
    'settings: rclip-base or rclip-opt of the paper, cxr-clip, cxr-clip-10 (probe on a tenth of the labels), convirt, or a JSON file of the same form',
  ).default('rclip-base');

/** `--on-bad-batch`. */
export const badBatchOption = (): Option =>
  new Option(
    '--on-bad-batch <what>',
    'a batch that fails (memory) or has no finite loss stops the run, or is skipped and counted',
  )
    .choices(['stop', 'skip'])
    .default('stop');

/** Adds what every training with one seed has: how bad batches are met, and the seed. */
export function addSeedOptions(command: Command): Command {
  return command
    .addOption(badBatchOption())
    .option(
      '--seed <number>',
      'of everything drawn at random',
      numberOption('--seed', isCount, 'a whole number'),
    );
}
