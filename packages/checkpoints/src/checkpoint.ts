import type { DType, HostTensor } from '@crrg/tensor';
import type { StoredDType } from './dtype.js';

/** One tensor of a weights file; its numbers are read when asked for. */
export interface TensorEntry {
  /** Keys of nested dictionaries and positions of lists, joined by `/`. */
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Name of the first entry that shares this one's memory, offset, shape and strides. */
  readonly aliasOf?: string | undefined;
  /** Contiguous, row-major, little-endian bytes in the stored type; the caller must not change them. */
  readBytes(): Promise<Uint8Array>;
  /**
   * The tensor for graphs.
   * @throws {CheckpointError} where a value does not fit the type
   */
  read(options?: ReadOptions): Promise<HostTensor>;
  /**
   * The tensor without its numbers, which are read from the file each time they are asked for, also after the checkpoint is closed. Absent
   * where what is stored is not what graphs take, or lies in no file of this machine.
   */
  readonly deferred?: HostTensor | undefined;
}

/** How {@link TensorEntry.read} converts. */
export interface ReadOptions {
  /** @defaultValue float32 for stored floats, int32 for stored integers, bool for booleans */
  readonly as?: DType | undefined;
}

/** What a weights file is, decided by its content. */
export type Container = 'safetensors' | 'torch-zip' | 'torch-legacy';

/** An opened weights file. */
export interface Checkpoint {
  readonly container: Container;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Everything that is not a tensor, under the same kind of names: numbers, strings, booleans, null. */
  readonly values: ReadonlyMap<string, CheckpointValue>;
}

/** A leaf that is not a tensor. `bigint` only where an integer is not exact as a number. */
export type CheckpointValue = number | string | boolean | bigint | null;
