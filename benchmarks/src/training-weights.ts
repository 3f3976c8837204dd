import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpointFile, writeSafetensorsFile } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { parseRrgConfig, rrgSpecs } from '@crrg/pipeline';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { initializeParameters, type HostTensor, type StateDict } from '@crrg/tensor';

const SEED = 1;

const SPECS = {
  rrg: () => rrgSpecs(parseRrgConfig({}), { trainBase: true }),
  rclip: () => rclipSpecs(parseRclipConfig({})),
};

/** A file with random weights of a full-size model, 2.4 GB at most among the temporary files, written where it is not there yet. */
export async function trainingWeightsFile(model: keyof typeof SPECS): Promise<string> {
  const specs = SPECS[model]();
  const hash = createHash('sha256')
    .update(JSON.stringify([SEED, specs]))
    .digest('hex');
  const path = join(tmpdir(), `crrg-bench-training-${model}-${hash.slice(0, 16)}.safetensors`);
  if (!existsSync(path)) await writeSafetensorsFile(path, initializeParameters(specs, createRandom(SEED)));
  return path;
}

/** The weights of such a file, which stay there as those of a bundle do. */
export async function openTrainingWeights(path: string): Promise<StateDict> {
  const checkpoint = await openCheckpointFile(path);
  const weights = new Map<string, HostTensor>();
  for (const [name, entry] of checkpoint.entries) weights.set(name, entry.deferred ?? (await entry.read()));
  await checkpoint.close();
  return weights;
}
