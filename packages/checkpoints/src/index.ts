export type { Checkpoint, CheckpointValue, Container, ReadOptions, TensorEntry } from './checkpoint.js';
export { encodeElements, toHostTensor, type FloatStorage } from './convert.js';
export { BYTES_PER_ELEMENT, type StoredDType } from './dtype.js';
export { detectContainer, openCheckpoint } from './open.js';
export { bytesSource, type RandomAccess } from './random-access.js';
export {
  encodeSafetensors,
  openSafetensors,
  parseSafetensors,
  planSafetensors,
  readSafetensorsHeader,
  type EncodeSafetensorsOptions,
  type SafetensorsHeader,
  type SafetensorsPlan,
  type SafetensorsTensor,
  type TensorLayout,
} from './safetensors.js';
