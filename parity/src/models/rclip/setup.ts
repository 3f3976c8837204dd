import { applyKeyMap } from '@crrg/checkpoints';
import { CXR_CLIP_KEY_MAP, parseRclipConfig, rclipSpecs, type RclipConfig } from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { ourName } from '../names.js';

interface ClipSettings {
  readonly image: number;
  readonly stem: number;
  readonly planes: readonly number[];
  readonly blocks: readonly number[];
  readonly proj: number;
  readonly bert: {
    readonly vocab_size: number;
    readonly hidden_size: number;
    readonly num_hidden_layers: number;
    readonly num_attention_heads: number;
    readonly intermediate_size: number;
    readonly max_position_embeddings: number;
    readonly type_vocab_size: number;
  };
}

/** Configuration of R-CLIP from the settings of a weight manifest. */
export function clipConfigOf(settings: Readonly<Record<string, unknown>>): RclipConfig {
  const { image, stem, planes, blocks, proj, bert } = settings as unknown as ClipSettings;
  return parseRclipConfig({
    imageEncoder: { imageSize: image, stemWidth: stem, planes, blocks },
    textEncoder: {
      vocabSize: bert.vocab_size,
      width: bert.hidden_size,
      numLayers: bert.num_hidden_layers,
      numHeads: bert.num_attention_heads,
      ffnWidth: bert.intermediate_size,
      numPositions: bert.max_position_embeddings,
      numTokenTypes: bert.type_vocab_size,
      maxLength: Math.min(256, bert.max_position_embeddings),
    },
    embeddingDim: proj,
  });
}

/** Configuration and weights of a case, under our names. */
export async function openClip(
  context: ParityContext,
): Promise<{ readonly config: RclipConfig; readonly weights: StateDict }> {
  const name = context.sidecar['config'] as string;
  const config = clipConfigOf(await context.settings(name));
  const reference = await context.weights(name);
  return { config, weights: applyKeyMap(reference, CXR_CLIP_KEY_MAP, rclipSpecs(config)) };
}

/** Our name of a parameter of the reference. */
export function ourClipName(reference: string): string {
  return ourName(reference, CXR_CLIP_KEY_MAP);
}
