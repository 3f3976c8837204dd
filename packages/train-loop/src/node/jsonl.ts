import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Json } from '../checkpoint-store.js';

/** Appends records to a file, one JSON object a line. */
export interface JsonlWriter {
  readonly path: string;
  write(record: Readonly<Record<string, Json | undefined>>): void;
  close(): void;
}

/** Opens a file for appending; its folder is made if need be. Numbers that are not finite become null, as JSON has it. */
export function openJsonl(path: string): JsonlWriter {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a');
  let open = true;
  return {
    path,
    write: (record) => void writeSync(file, `${JSON.stringify(record)}\n`),
    close: () => {
      if (open) closeSync(file);
      open = false;
    },
  };
}
