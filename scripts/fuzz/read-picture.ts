import { CrrgError } from '@crrg/core';
import * as browser from '@crrg/image/browser';
import * as node from '@crrg/image/node';
import type { CaseLimits } from './format.js';

/** A picture has at most 100 million pixels, some of which take seconds on a busy machine. */
export const PICTURE_LIMITS: CaseLimits = { seconds: 10, megabytes: 1500 };

const OPTIONS = { inputSize: 512 } as const;

/** The pixels of a picture with its doubts, as every command takes them; in browsers as far as Node has what they need. */
export async function readPicture(bytes: Uint8Array): Promise<void> {
  await browser.decodeRadiograph(bytes as Uint8Array<ArrayBuffer>, OPTIONS).catch((error: unknown) => {
    if (!CrrgError.isInstance(error)) throw error;
  });
  await node.decodeRadiograph(bytes, OPTIONS);
}
