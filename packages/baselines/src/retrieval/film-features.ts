import { disposeSymbol, type AbortOptions } from '@crrg/core';
import { IMAGENET_PREPROCESSING, type GreyImage } from '@crrg/image';
import { loadClassifierModel, type ModelSource, type RclipModel } from '@crrg/pipeline/node';
import { createRclip, rclipSpecs } from '@crrg/rclip';
import { float32 } from '@crrg/tensor';
import { plainFilmInput } from '@crrg/train';
import { openBackend, type RunEngineOptions } from '@crrg/train/node';
import type { BaselineListener } from '../studies/events.js';

/** Side of the thumbnails that stand for films where there is no model. */
const THUMBNAIL_SIDE = 16;

/** Turns films into vectors that are compared by cosine. */
export interface FilmFeatures extends Disposable {
  /** `pixels`, or name and version of the model. */
  readonly name: string;
  /** Side of the picture that they are made of, in pixels. */
  readonly size: number;
  of(film: GreyImage): Promise<Float32Array>;
}

/** How {@link openFilmFeatures} makes vectors. */
export interface FilmFeatureOptions extends RunEngineOptions, AbortOptions {
  /** R-CLIP, or a bundle of one: `tiny`, a folder, an address. @defaultValue none: thumbnails of 16 pixels */
  readonly model?: ModelSource | RclipModel | undefined;
  readonly onProgress?: BaselineListener | undefined;
}

/** The thumbnail around its mean, so that a cosine is a correlation. */
function thumbnail(film: GreyImage): Float32Array {
  const preprocessing = { ...IMAGENET_PREPROCESSING, size: THUMBNAIL_SIDE };
  const grey = plainFilmInput(film, preprocessing).subarray(0, THUMBNAIL_SIDE ** 2);
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  return grey.map((value) => value - mean);
}

const PIXELS: FilmFeatures = {
  name: 'pixels',
  size: THUMBNAIL_SIDE,
  of: (film) => Promise.resolve(thumbnail(film)),
  [disposeSymbol]: () => undefined,
};

/**
 * Vectors of films: pooled features of an R-CLIP image encoder, or mean pixels where there is no model.
 * @throws {CheckpointError} where the bundle is absent, damaged, or of another kind
 */
export async function openFilmFeatures(options: FilmFeatureOptions): Promise<FilmFeatures> {
  const { model: source, signal, onProgress } = options;
  if (source === undefined) return PIXELS;
  const model = await loadClassifierModel(source, { signal, onProgress });
  const config = { ...model.config, probe: null };
  const weights = new Map(Object.keys(rclipSpecs(config)).map((name) => [name, model.weights.get(name)!]));
  const { backend, release } = await openBackend(options);
  const rclip = createRclip({ config, weights, backend });
  const { imageSize: size } = config.imageEncoder;
  return {
    name: `${model.name} ${model.version}`,
    size,
    of: async (film) => {
      const input = float32([1, 3, size, size], plainFilmInput(film, model.preprocessing));
      return (await rclip.encodeImage(input, { signal })).features.data;
    },
    [disposeSymbol]: () => {
      rclip.dispose();
      release();
    },
  };
}
