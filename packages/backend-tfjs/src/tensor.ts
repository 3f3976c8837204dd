import { BackendError, DisposedError } from '@crrg/core';
import { hostTensor, type BackendTensor, type DataTypes, type DType, type HostTensor } from '@crrg/tensor';
import type { Device } from './device.js';
import type { Value } from './value.js';

/** A result that stays on the device of TensorFlow.js. */
export class TfjsTensor implements BackendTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly #value: Value;

  /** Takes over `value`. */
  constructor(
    value: Value,
    readonly device: Device,
  ) {
    this.#value = value;
    this.dtype = value.dtype;
    this.shape = value.shape;
  }

  /** The live value. @throws {DisposedError} */
  get value(): Value {
    if (this.#value.isDisposed) throw new DisposedError('backend-tfjs tensor');
    return this.#value;
  }

  async read(): Promise<HostTensor> {
    const copy = this.device.opened.use(() => {
      const source = this.value.share(this.device.live);
      return { source, array: source.view() };
    });
    try {
      const data = (await copy.array.data()) as DataTypes[DType];
      this.#refuseFault();
      return hostTensor(this.dtype, [...this.shape], data.slice() as DataTypes[DType]);
    } finally {
      copy.source.dispose();
    }
  }

  #refuseFault(): void {
    const { engine, fault } = this.device.opened;
    const message = fault();
    if (message === undefined) return;
    throw new BackendError(
      `backend-tfjs.read: expected numbers of engine "${engine}", got an error of its device: ${message.split('\n')[0]}; load the page again, or choose another engine.`,
    );
  }

  dispose(): void {
    this.#value.dispose();
  }
}
