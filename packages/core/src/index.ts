export { boxArea, boxIntersection, boxIou, clipBox, type Box, type Size } from './box.js';
export {
  completeFields,
  fieldCheck,
  fieldChecks,
  oneOf,
  refuseProblems,
  type FieldCheck,
  type FieldChecks,
} from './config-fields.js';
export { DOUBT_CODES, mergeDoubts, type Doubt, type DoubtCode } from './doubt.js';
export {
  BackendError,
  BusyError,
  CheckpointError,
  ConfigError,
  CrrgError,
  DataError,
  DisposedError,
  ImageError,
  ShapeError,
  type ErrorCode,
} from './errors.js';
export { fromErrorData, toErrorData, type ErrorData } from './error-data.js';
export { requireFinite } from './finite.js';
export { createProblemList, InputErrors, type InputProblem, type ProblemList } from './input-errors.js';
export {
  INTENDED_USE,
  disposeSymbol,
  untilAborted,
  type AbortOptions,
  type ProgressEvent,
  type ProgressListener,
  type WarningListener,
} from './lifecycle.js';
export { roundHalfToEven, sigmoid } from './numbers.js';
export { ProtobufMessage } from './protobuf-message.js';
export { createRandom, restoreRandom, type Random, type RandomState } from './random.js';
export { ANATOMICAL_REGIONS, isAnatomicalRegion, type AnatomicalRegion } from './regions.js';
export { computeSha256 } from './sha256.js';
export { shortenName } from './shorten.js';
export { escapeXml } from './xml.js';
