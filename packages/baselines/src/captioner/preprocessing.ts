import { IMAGENET_PREPROCESSING, type CropPreprocessConfig } from '@crrg/image';
import type { CaptionerConfig } from './config.js';

/** How films become network inputs: the middle square at the size of the network, with ImageNet's statistics. */
export const captionerPreprocessing = ({ imageSize }: CaptionerConfig): CropPreprocessConfig => ({
  ...IMAGENET_PREPROCESSING,
  size: imageSize,
});
