import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { encodeFileVersion, encodeScalar } from '../event-file.js';

/** Appends scalars to one TensorBoard event file. */
export interface EventFileWriter {
  readonly path: string;
  scalar(tag: string, value: number, step: number): void;
  close(): void;
}

/** Starts an event file in a folder (made if need be); `tensorboard --logdir` on the folder shows its curves. */
export function openEventFile(
  directory: string,
  options: { readonly clock?: (() => number) | undefined } = {},
): EventFileWriter {
  const seconds = () => (options.clock ?? Date.now)() / 1000;
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `events.out.tfevents.${seconds().toFixed(3)}.${hostname()}.${process.pid}`);
  const file = openSync(path, 'a');
  let open = true;
  writeSync(file, encodeFileVersion(seconds()));
  return {
    path,
    scalar: (tag, value, step) =>
      void writeSync(file, encodeScalar({ tag, value, step, wallTime: seconds() })),
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}
