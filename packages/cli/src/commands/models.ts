import { readManifest, verifyBundle } from '@crrg/checkpoints/node';
import type { Command } from 'commander';
import type { CommandContext } from '../main.js';

/** `crrg models verify|info` */
export function addModelsCommand(program: Command, { io }: CommandContext): void {
  const models = program.command('models').description('check model bundles');
  models
    .command('verify')
    .description('check sizes, hashes and headers of every file of a bundle')
    .argument('<folder>')
    .action(async (folder: string) => {
      const { name, version, files } = await verifyBundle(folder, { signal: io.signal });
      io.stdout.write(`${name} ${version}: ${files.length} files are as the manifest says\n`);
    });
  models
    .command('info')
    .description('print the manifest of a bundle')
    .argument('<folder>')
    .action(async (folder: string) => {
      io.stdout.write(`${JSON.stringify(await readManifest(folder), undefined, 2)}\n`);
    });
}
