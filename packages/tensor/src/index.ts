export type {
  AxisAttributes,
  CompositeAttributes,
  CompositeName,
  ConvolutionAttributes,
  EpsilonAttributes,
  MatmulAttributes,
  NoAttributes,
  OperationAttributes,
  OperationName,
  PadAttributes,
  PoolAttributes,
  PrimitiveAttributes,
  PrimitiveName,
  ReduceAttributes,
  ShapeAttributes,
  SliceAttributes,
  TransposedConvolutionAttributes,
} from './attributes.js';
export {
  requireFloat32Weights,
  runToHost,
  type Backend,
  type BackendTensor,
  type CompileOptions,
  type Executable,
  type RunInput,
  type RunOptions,
  type WeightDType,
  type WeightDTypeChoice,
} from './backend.js';
export { bindWeights, checkInputs, type BoundInputs } from './check-inputs.js';
export {
  addDims,
  dimsEqual,
  evaluateDim,
  mulDims,
  shapesEqual,
  staticDim,
  symbol,
  type Dim,
  type DimBindings,
  type Shape,
  type SymbolicDim,
} from './dim.js';
export { ExecutableCache } from './executable-cache.js';
export { gradients } from './gradients.js';
export {
  isOperation,
  prune,
  staticShape,
  type Graph,
  type GraphInput,
  type InputNode,
  type Node,
  type NodeOf,
  type OperationNode,
  type Tensor,
} from './graph.js';
export { canOverwrite } from './overwrite.js';
export {
  arrayTypeOf,
  byteLengthOf,
  deferredTensor,
  float32,
  hostTensor,
  int32,
  reshapeTensor,
  runReader,
  sizeOf,
  takeRows,
  zeros,
  type DataTypes,
  type DType,
  type FileRange,
  type HostTensor,
  type StateDict,
} from './host-tensor.js';
export type { KeyMap, KeyRenaming } from './key-map.js';
export type {
  AttentionBlock,
  Conv2dOptions,
  MatmulOptions,
  Operand,
  Ops,
  Pool2dOptions,
  ReduceOptions,
  SliceOptions,
} from './operations.js';
export type {
  EvaluationContext,
  Inferred,
  OperationDefinition,
  ReferenceArray,
  ReferenceData,
} from './ops/definition.js';
export {
  buffer,
  checkStateDict,
  countParameters,
  initializeParameters,
  keyProblem,
  keyProblems,
  parameter,
  prefixSpecs,
  torchDefault,
  type Initializer,
  type Parameters,
  type ParameterSpec,
  type ParameterSpecs,
  type Shaped,
} from './parameters.js';
export { uniformNumbers } from './ops/random.js';
export { stridesOf } from './ops/shapes.js';
export { OPERATIONS, operationOf } from './registry.js';
export { expandComposites, trace, type InputSpec, type TraceScope, type TraceSignature } from './trace.js';
export {
  batchNorm2d,
  batchNormSpecs,
  convolution,
  linear,
  linearSpecs,
  type BufferUpdates,
  type NormalizationMode,
} from './nn/layers.js';
export { createDropout, keepAll, type Dropout } from './nn/dropout.js';
export { binaryCrossEntropyWithLogits, crossEntropy, maskedMean, smoothL1 } from './nn/losses.js';
export { resnetKeyMap } from './nn/resnet-key-map.js';
export { RESNET50, resnet, resnetFeatureChannels, resnetSpecs, type ResNetConfig } from './nn/resnet.js';
