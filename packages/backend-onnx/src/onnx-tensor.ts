import { DisposedError } from '@crrg/core';
import type { BackendTensor, DataTypes, DType, HostTensor } from '@crrg/tensor';
import type { Tensor } from 'onnxruntime-common';

/** An ONNX Runtime value, on whatever device it lies. */
export class OnnxTensor implements BackendTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  private held: Tensor | undefined;

  constructor(
    tensor: Tensor,
    /** The backend, to tell own tensors from others'. */
    readonly backend: object,
    private readonly onDispose: (tensor: Tensor) => void,
  ) {
    this.dtype = tensor.type as DType;
    this.shape = tensor.dims;
    this.held = tensor;
  }

  /** @throws {DisposedError} after dispose */
  get tensor(): Tensor {
    if (!this.held) throw new DisposedError('backend-onnx tensor');
    return this.held;
  }

  async read(): Promise<HostTensor> {
    const tensor = this.tensor;
    const data =
      tensor.location === 'cpu'
        ? (tensor.data as DataTypes[DType]).slice()
        : ((await tensor.getData()) as DataTypes[DType]);
    return { dtype: this.dtype, shape: this.shape, data };
  }

  dispose(): void {
    const tensor = this.held;
    if (!tensor) return;
    this.held = undefined;
    this.onDispose(tensor);
  }
}
