import type { Command } from 'commander';
import type { CommandContext } from '../io.js';
import { addTrainProbeCommand } from './train-probe-command.js';
import { addTrainRclipCommand } from './train-rclip-command.js';
import { addTrainRrgCommands } from './train-rrg-command.js';

/** `crrg train`. */
export function addTrainCommand(program: Command, context: CommandContext): void {
  const train = program.command('train').description('train models on your own studies');
  addTrainRrgCommands(train, context);
  addTrainRclipCommand(train, context);
  addTrainProbeCommand(train, context);
}
