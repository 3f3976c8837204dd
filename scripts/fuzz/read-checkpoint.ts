import { bytesSource, openCheckpoint } from '@crrg/checkpoints';
import type { CaseLimits } from './format.js';

/** Of files of a few kilobytes, with headers of a few megabytes at most. */
export const CHECKPOINT_LIMITS: CaseLimits = { seconds: 10, megabytes: 512 };

/** Every tensor and value of a weights file of any kind. */
export async function readCheckpoint(bytes: Uint8Array): Promise<void> {
  const { entries } = await openCheckpoint(bytesSource(bytes));
  for (const entry of entries.values()) {
    await entry.readBytes();
    await entry.read();
  }
}
