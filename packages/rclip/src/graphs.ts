/** The graphs of R-CLIP. Shape shorthand: `B` rows, `S` side, `T` tokens, `F` image features, `E` embedding, `L` labels, `h w` cells. */
import { gradients, trace, type Graph } from '@crrg/tensor';
import { requireProbe, requireTextEncoder, type RclipConfig } from './config.js';
import { embedFeatures } from './forward/embed.js';
import { encodeImage, probeLogits } from './forward/image-encoder.js';
import { encodeText } from './forward/text-encoder.js';
import { rclipSpecs } from './specs.js';

function imageInput({ imageEncoder }: RclipConfig) {
  return { shape: ['B', 3, imageEncoder.imageSize, imageEncoder.imageSize] };
}

/**
 * Input `images [B, 3, S, S]`; outputs `features [B, F]`, `embeddings [B, E]` where the model has a text side, and `logits [B, L]` where it
 * has a probe.
 */
export function traceImageStage(config: RclipConfig): Graph {
  return trace(
    { inputs: { images: imageInput(config) }, parameters: rclipSpecs(config) },
    (ops, { inputs, parameters }) => {
      const { features } = encodeImage(ops, parameters, inputs['images']!, config.imageEncoder);
      return {
        features,
        ...(config.textEncoder && {
          embeddings: embedFeatures(ops, parameters, features, 'image', config.projection),
        }),
        ...(config.probe && { logits: probeLogits(ops, parameters, features) }),
      };
    },
  );
}

/** Inputs `tokenIds` int32 and `attentionMask`, `[B, T]`; output `embeddings [B, E]`. */
export function traceTextStage(config: RclipConfig): Graph {
  const textEncoder = requireTextEncoder(config, 'rclip.encodeText');
  const shape = ['B', 'T'];
  return trace(
    {
      inputs: { tokenIds: { shape, dtype: 'int32' }, attentionMask: { shape } },
      parameters: rclipSpecs(config),
    },
    (ops, { inputs, parameters }) => {
      const tokens = { tokenIds: inputs['tokenIds']!, attentionMask: inputs['attentionMask']! };
      const features = encodeText(ops, parameters.scope('textEncoder'), tokens, textEncoder);
      return { embeddings: embedFeatures(ops, parameters, features, 'text', config.projection) };
    },
  );
}

/**
 * Grad-CAM of the probe. Inputs `images [B, 3, S, S]` and `selection [B, L]`, 1 for the label to explain; outputs `heatmap [B, h, w]`, at
 * least 0, and `logits [B, L]`.
 *
 * Source: Selvaraju et al., ICCV 2017: the mean gradient of the logit over each channel of the last map weighs that channel; what is
 * negative in the sum is cut.
 */
export function traceExplanation(config: RclipConfig): Graph {
  const { labels } = requireProbe(config, 'rclip.explain');
  const inputs = { images: imageInput(config), selection: { shape: ['B', labels.length] } };
  return trace({ inputs, parameters: rclipSpecs(config) }, (ops, { inputs, parameters }) => {
    const { map, features } = encodeImage(ops, parameters, inputs['images']!, config.imageEncoder);
    const logits = probeLogits(ops, parameters, features);
    const selected = ops.sum(ops.mul(logits, inputs['selection']!));
    const [gradient] = gradients(ops, selected, [map]);
    const weights = ops.mean(gradient!, { axes: [2, 3], keepDims: true });
    return { heatmap: ops.relu(ops.sum(ops.mul(map, weights), { axes: [1] })), logits };
  });
}
