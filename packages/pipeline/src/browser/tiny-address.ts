import { ConfigError } from '@crrg/core';
import type { TinyFolder } from '../runtime.js';

const NAMES = { weights: 'tiny', classifier: 'tinyClassifier' } as const;

/**
 * Where a page finds the demonstration model by its name: nowhere, as bundlers would have to carry it for everyone. The build for script tags
 * has another answer.
 * @throws {ConfigError}
 */
export function tinyAddress(tiny: TinyFolder, asked: string | undefined): string {
  throw new ConfigError(
    `pipeline.loadModel: expected the address of a model, got ${asked === undefined ? 'none' : `${JSON.stringify(asked)}, which only Node.js finds by name`}; pass ${NAMES[tiny]} of @crrg/model-tiny/embedded, or serve the folder ${tiny} of @crrg/model-tiny and pass its URL.`,
  );
}
