export { warpAffine, warpBox, type AffineParameters } from './affine.js';
export {
  addGaussianNoise,
  adjustBrightness,
  adjustContrast,
  augment,
  drawAugmentation,
  flipBoxHorizontal,
  flipHorizontal,
  type AugmentParameters,
  type AugmentationRanges,
  type JitterStep,
} from './augment.js';
export { clahe, claheLab, type ClaheOptions } from './clahe.js';
export { jitterColour, type ColourJitterStep } from './colour-jitter.js';
export {
  CENTRED_CROP_AUGMENTATION,
  augmentCrop,
  drawCropAugmentation,
  preprocessAugmentedCrop,
  type CropAugmentationParameters,
  type CropAugmentationRanges,
} from './crop-augmentation.js';
export { chestRanks } from './chest-likeness.js';
export type { DecodedRadiograph, DecodeRadiographOptions } from './decoded-radiograph.js';
export type { GreyRange } from './dicom/grey-picture.js';
export type { PixelFormat } from './dicom/pixel-format.js';
export type { DicomDescription, DicomIdentifiers, DicomProvenance } from './dicom/read-dicom.js';
export type { GreyWindow, WindowFunction } from './dicom/window.js';
export { findImageDoubts, type ImageDoubtOptions } from './doubts.js';
export {
  assertGreyImage,
  assertUsableRadiograph,
  greyImage,
  greyToRgb,
  rgbImage,
  rgbToGrey,
  to8Bit,
  type GreyImage,
  type PixelData,
  type RgbImage,
} from './pixels.js';
export { encodePng } from './png.js';
export {
  IMAGENET_PREPROCESSING,
  cropCentre,
  fitShortestSide,
  normaliseChannels,
  preprocessCentreCrop,
  type CropPreprocessConfig,
} from './preprocess-crop.js';
export {
  RGRG_PREPROCESSING,
  boxTransform,
  fitLongestSide,
  normalise,
  padToSquare,
  preprocessConfig,
  preprocessRadiograph,
  type BoxTransform,
  type PreprocessConfig,
  type PreprocessOptions,
  type PreprocessedImage,
} from './preprocess.js';
export { cropImage, resizedCrop, type PixelRectangle } from './random-crop.js';
export { resizeArea } from './resize-area.js';
export { resizeBilinear } from './resize-bilinear.js';
export { sniffImage, type ImageFormat, type ImageHeader, type Orientation } from './sniff.js';
export { prepareTrainingSample, type TrainingSample } from './training-sample.js';
