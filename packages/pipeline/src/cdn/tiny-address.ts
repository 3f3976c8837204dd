import type { TinyFolder } from '../runtime.js';
import { packageFile } from './addresses.js';

/** Where a page finds the demonstration model: in its package, on the server of this script. */
export function tinyAddress(tiny: TinyFolder): string {
  return packageFile('@crrg/model-tiny', `${tiny}/`);
}
