import { KERNELS_WASM } from './kernels-wasm.js';

/** The functions of `assembly/kernels.ts`: addresses are bytes of {@link Kernels.memory}, counts are of numbers. */
export interface Kernels {
  readonly memory: WebAssembly.Memory;
  /** `largest[c] = max(largest[c], |values[r, c]|)`; rows are `step` numbers apart. */
  noteSizes(values: number, step: number, rows: number, columns: number, largest: number): void;
  /** `integers[r, c] = nearest(values[r, c] * perUnit[c])`, as signed bytes, halves to the even integer; rows of `values` are `step` numbers apart. */
  quantizeRows(
    values: number,
    step: number,
    rows: number,
    columns: number,
    perUnit: number,
    integers: number,
  ): void;
  /**
   * Blocks of `size` numbers, a multiple of 32, `step` numbers apart: the number of the largest size (of two the negative one) becomes the lowest
   * integer of so many bits, and the others the nearest, from 0 on, cut at the other end; of 4 bits two a byte, the first in its lower half. A block of
   * sizes below `smallest` becomes zeros with scale 1.
   */
  quantizeBlocks(
    values: number,
    step: number,
    blocks: number,
    size: number,
    bits: number,
    smallest: number,
    scales: number,
    bytes: number,
  ): void;
  /** `to[c, r] = from[r, c]`; rows of `from` are `rowStep` numbers apart, rows of `to` `columnStep`. */
  transpose(
    from: number,
    rowStep: number,
    rows: number,
    columns: number,
    to: number,
    columnStep: number,
  ): void;
}

const ALIGNMENT = 16;
const PAGE = 2 ** 16;

let opened: Kernels | undefined;

/** The kernels, compiled when they are first asked for. */
export function openKernels(): Kernels {
  const decode = () => Uint8Array.from(atob(KERNELS_WASM), (letter) => letter.charCodeAt(0));
  opened ??= new WebAssembly.Instance(new WebAssembly.Module(decode())).exports as unknown as Kernels;
  return opened;
}

/** Addresses of arrays of so many bytes in the kernels' memory, in place of all that were there. Views of it that were made before are of no use. */
export function layOut<const Sizes extends readonly number[]>(
  ...sizes: Sizes
): { readonly [Index in keyof Sizes]: number } {
  const { memory } = openKernels();
  let end = 0;
  const addresses = sizes.map((size) => {
    const address = end;
    end = Math.ceil((end + size) / ALIGNMENT) * ALIGNMENT;
    return address;
  });
  const missing = Math.ceil((end - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
  return addresses as unknown as { readonly [Index in keyof Sizes]: number };
}

/** Numbers in the kernels' memory. */
export const floatsAt = (address: number, length: number): Float32Array =>
  new Float32Array(openKernels().memory.buffer, address, length);
