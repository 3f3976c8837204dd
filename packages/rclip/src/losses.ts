/** Shape shorthand in this module: `B` studies, `E` width of embeddings. */
import { crossEntropy, type Ops, type Tensor } from '@crrg/tensor';

/** Embeddings of unit length `[B, E]` of two images and two texts of each study. */
export interface ViewEmbeddings {
  readonly image: Tensor;
  readonly imageView: Tensor;
  readonly text: Tensor;
  readonly textView: Tensor;
}

/** Weights of the parts of {@link contrastiveLosses}. */
export interface ContrastiveLossOptions {
  /** Weight of the multi-view supervised loss. @defaultValue 1 */
  readonly multiViewWeight?: number | undefined;
  /** Weight of the image contrastive loss. @defaultValue 1 */
  readonly imageWeight?: number | undefined;
  /** Weight of the text contrastive loss. @defaultValue 0.5 */
  readonly textWeight?: number | undefined;
  /** Smooths the targets of the multi-view loss only, as the reference. @defaultValue 0 */
  readonly labelSmoothing?: number | undefined;
}

/** Scalars. */
export interface ContrastiveLosses {
  /** Every image view against every text view, both ways (MVS). */
  readonly multiView: Tensor;
  /** Image view against image view (ICL). */
  readonly imageContrastive: Tensor;
  /** Text view against text view (TCL). */
  readonly textContrastive: Tensor;
  readonly total: Tensor;
}

/** Mean cross-entropy from `from` to `to`: row i of one belongs to row i of the other, all other rows are negatives. */
function oneWay(ops: Ops, from: Tensor, to: Tensor, scale: Tensor | number, smoothing = 0): Tensor {
  const logits = ops.mul(ops.matmul(from, to, { transposeB: true }), scale);
  return ops.mean(crossEntropy(ops, logits, ops.iota(from.shape[0]!), smoothing));
}

/** Mean of both ways. */
function symmetric(ops: Ops, a: Tensor, b: Tensor, scale: Tensor, smoothing: number): Tensor {
  return ops.mul(ops.add(oneWay(ops, a, b, scale, smoothing), oneWay(ops, b, a, scale, smoothing)), 0.5);
}

/**
 * The three losses of one batch and their weighted sum.
 * Source: You et al., MICCAI 2023 (CXR-CLIP), equations 1 to 3 and its contrastive loss; docs/reference/rclip.md#losses. Identical reports of
 * two studies are negatives of each other, as there.
 *
 * @param logitScale logarithm of the inverse temperature, a scalar
 */
export function contrastiveLosses(
  ops: Ops,
  views: ViewEmbeddings,
  logitScale: Tensor,
  options: ContrastiveLossOptions = {},
): ContrastiveLosses {
  const { multiViewWeight = 1, imageWeight = 1, textWeight = 0.5, labelSmoothing = 0 } = options;
  const scale = ops.exp(logitScale);
  const pairs = [views.image, views.imageView].flatMap((image) =>
    [views.text, views.textView].map((text) => symmetric(ops, image, text, scale, labelSmoothing)),
  );
  const multiView = ops.mul(
    pairs.reduce((sum, pair) => ops.add(sum, pair)),
    1 / pairs.length,
  );
  const imageContrastive = symmetric(ops, views.image, views.imageView, scale, 0);
  const textContrastive = symmetric(ops, views.textView, views.text, scale, 0);
  const total = ops.add(
    ops.mul(multiView, multiViewWeight),
    ops.add(ops.mul(imageContrastive, imageWeight), ops.mul(textContrastive, textWeight)),
  );
  return { multiView, imageContrastive, textContrastive, total };
}

/** Settings of {@link convirtLosses}. */
export interface ConvirtLossOptions {
  /** Weight of the loss from image to text (lambda); that from text to image has the rest to 1. @defaultValue 0.75 */
  readonly imageToTextWeight?: number | undefined;
  /** Cosines are divided by it; it is not learned. @defaultValue 0.1 */
  readonly temperature?: number | undefined;
}

/** Scalars. */
export interface ConvirtLosses {
  readonly imageToText: Tensor;
  readonly textToImage: Tensor;
  readonly total: Tensor;
}

/**
 * ConVIRT's loss of one batch, of one image and one text a study: InfoNCE both ways at a fixed temperature.
 * Source: Zhang et al., Contrastive Learning of Medical Visual Representations from Paired Images and Text, equations 2 to 4.
 */
export function convirtLosses(
  ops: Ops,
  { image, text }: Pick<ViewEmbeddings, 'image' | 'text'>,
  { imageToTextWeight = 0.75, temperature = 0.1 }: ConvirtLossOptions = {},
): ConvirtLosses {
  const imageToText = oneWay(ops, image, text, 1 / temperature);
  const textToImage = oneWay(ops, text, image, 1 / temperature);
  const total = ops.add(ops.mul(imageToText, imageToTextWeight), ops.mul(textToImage, 1 - imageToTextWeight));
  return { imageToText, textToImage, total };
}
