import type { Checkpoint, Container } from './checkpoint.js';
import { refuseForeign, refuseUnknown } from './foreign-files.js';
import { readExactly, type RandomAccess } from './random-access.js';
import { openSafetensors } from './safetensors.js';
import { openTorchLegacy } from './torch-legacy.js';
import { openTorchZip } from './torch-zip.js';

const PROBE = 512;
const LEGACY_START = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const ZIP_START = [0x50, 0x4b, 0x03, 0x04];

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

/**
 * What a file is, from its first bytes (and, for the message where it is none of them, its last); its name does not matter.
 * @throws {CheckpointError} that says what the file is instead of weights, and what to do
 */
export function detectContainer(head: Uint8Array, tail: Uint8Array = head): Container {
  if (startsWith(head, ZIP_START)) return 'torch-zip';
  if (startsWith(head, LEGACY_START)) return 'torch-legacy';
  const hasHeader = head.length > 8 && head[8] === 0x7b;
  if (hasHeader && head.subarray(4, 8).every((byte) => byte === 0)) return 'safetensors';
  refuseForeign(head, tail);
  if (hasHeader) return 'safetensors';
  throw refuseUnknown(head);
}

/**
 * Opens a weights file of any known container: safetensors, or what `torch.save` wrote in either format. Code in the file is
 * never run; a file that asks for it is refused. Only the description is read now; each tensor is read when asked for.
 *
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint(bytesSource(bytes));
 * const weight = await checkpoint.entries.get('conv1.weight')!.read();
 * ```
 * @throws {CheckpointError} where the file is damaged, hostile or of another kind
 */
export async function openCheckpoint(source: RandomAccess): Promise<Checkpoint> {
  const length = Math.min(PROBE, source.size);
  const head = await readExactly(source, 0, length, 'checkpoints.open');
  const tail = await readExactly(source, source.size - length, length, 'checkpoints.open');
  const container = detectContainer(head, tail);
  if (container === 'torch-zip') return openTorchZip(source);
  if (container === 'torch-legacy') return openTorchLegacy(source);
  return openSafetensors(source);
}
