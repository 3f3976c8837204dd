import { sizeOf, type DataTypes, type DType } from '@crrg/tensor';

type Data = DataTypes[DType];

const KEPT = 2;

function allocate(dtype: DType, length: number): Data {
  return dtype === 'float32'
    ? new Float32Array(length)
    : dtype === 'int32'
      ? new Int32Array(length)
      : new Uint8Array(length);
}

/**
 * Memory of one output's disposed values, for its next runs: fresh arrays of a training step's size cost more in page faults than many of
 * its operations. At most two arrays, and only of the size last asked for.
 */
export class ResultBuffers {
  private readonly spare: Data[] = [];
  private length = -1;

  constructor(private readonly dtype: DType) {}

  take(shape: readonly number[]): Data {
    const length = sizeOf(shape);
    if (length !== this.length) {
      this.spare.length = 0;
      this.length = length;
    }
    return this.spare.pop() ?? allocate(this.dtype, length);
  }

  give(data: Data): void {
    if (data.length === this.length && this.spare.length < KEPT) this.spare.push(data);
  }
}
