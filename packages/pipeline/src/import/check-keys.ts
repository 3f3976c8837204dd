import { applyKeyMap, type Bundle, type Shaped } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import type { KeyMap, ParameterSpecs } from '@crrg/tensor';
import { rclipSpecs } from '@crrg/rclip';
import { isPart, partSpecs } from '../models/model-part.js';
import { parseRclipManifest } from '../models/rclip-model.js';
import { parseRrgConfig, rrgSpecs } from '../models/rrg-config.js';

/** Every name as it is. */
const SAME_NAMES: KeyMap = Array.from({ length: 12 }, (_, depth) => `{}${'.{}'.repeat(depth)}`).map(
  (name) => ({
    from: name,
    to: name,
  }),
);

/** Checks that tensors have the names and shapes of an architecture. @throws {CheckpointError} that lists all that do not */
export function checkKeys(entries: ReadonlyMap<string, Shaped>, specs: ParameterSpecs, where: string): void {
  applyKeyMap(entries, SAME_NAMES, specs, where);
}

/**
 * Checks the names and shapes of the tensors of an opened bundle against its configuration, and says what the bundle is: `report model`.
 * No tensor is read.
 *
 * @example
 * ```ts
 * const bundle = await readBundle('models/rgrg', { verify: true });
 * console.log(checkBundleKeys(bundle));
 * await bundle.close();
 * ```
 * @throws {CheckpointError} where they differ
 * @throws {ConfigError} where the configuration is not valid
 */
export function checkBundleKeys({ manifest, entries }: Bundle): string {
  const where = `pipeline.checkBundleKeys (${manifest.name})`;
  const { config } = manifest;
  if ('part' in config) {
    if (!isPart(config['part']))
      throw new CheckpointError(
        `${where}: expected a known part, got ${JSON.stringify(config['part'])}; import it again.`,
      );
    checkKeys(entries, partSpecs(config['part'], config), where);
    return `part ${config['part']}`;
  }
  if ('rclip' in config) {
    const rclip = parseRclipManifest(manifest);
    checkKeys(entries, rclipSpecs(rclip), where);
    return rclip.probe ? 'contrastive model with a classifier' : 'contrastive model';
  }
  if (!('detector' in config && 'reportGen' in config)) return 'another kind of model, names not checked';
  checkKeys(entries, rrgSpecs(parseRrgConfig(config)), where);
  return 'report model';
}
