// Shape shorthand: B batch, N boxes per image, R regions (29), A anchors per cell (160), C feature channels (2048), h w feature cells,
// L = h*w*A anchors, P bins per side (8), D width of region features (1024), H W input pixels.
import {
  linear,
  mulDims,
  resnetForward,
  type BatchNormUpdates,
  type Ops,
  type Parameters,
  type Shape,
  type Tensor,
} from '@crrg/tensor';
import { anchorsPerCell, featureChannels, type DetectorConfig } from './config.js';
import { resnetConfig } from './params.js';
import { binWeights, cellMatrix, meanWeights, roiAlign, roiWeights } from './roi-align.js';
