import type { HostTensor, WeightDType } from '@crrg/tensor';
import { floatsAt, openKernels } from './kernels.js';
import { partsOf } from './matrix-parts.js';
import { forEachStrip } from './matrix-strips.js';
import { madeWeights, type MadePart } from './model-weight.js';
import { SMALLEST_SIZE } from './quantize-matrix.js';
import type { MatrixLayout } from './weight-view.js';

/** Bits of an integer in {@link BlockMatrix}. */
export type BlockBits = 4 | 8;

/** Bits of a weight that is kept in blocks; undefined where it is kept otherwise. */
export function blockBitsOf(dtype: WeightDType): BlockBits | undefined {
  if (dtype === 'q8-blocks') return 8;
  return dtype === 'q4-blocks' ? 4 : undefined;
}

/** Rows of a column that share a scale. */
const BLOCK_SIZES: Readonly<Record<BlockBits, number>> = { 4: 32, 8: 128 };

/** A matrix `[K, N]` in blocks of rows of one column: `value = scale * (integer - 2^(bits - 1))`. */
export interface BlockMatrix {
  /** `[N, blocks, blockSize * bits / 8]`; of 4 bits two rows a byte, the first in the lower half. */
  readonly bytes: Uint8Array;
  /** `[N * blocks]`. */
  readonly scales: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Of each column; the last is filled up with zeros. */
  readonly blocks: number;
  readonly blockSize: number;
}

/**
 * A matrix quantised block by block: the value of the largest size becomes the lowest integer, the farther end of the range, and the others
 * the nearest, cut at the other end.
 */
export function quantizeBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits): BlockMatrix {
  const { memory, quantizeBlocks: quantize } = openKernels();
  const { rows } = layout;
  const columns = layout.groups * layout.columns;
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(rows / blockSize);
  const wordsOfBlock = (blockSize * bits) / 32;
  const scales = new Float32Array(columns * blocks);
  const words = new Int32Array(columns * blocks * wordsOfBlock);
  const forEachPart = partsOf(matrix, layout, blockSize);
  forEachPart((part) =>
    forEachStrip(part, blockSize, 4 * (wordsOfBlock + 1), (strip) => {
      const { firstColumn, place, firstRow, address, step, free } = strip;
      const count = strip.columns;
      const made = new Int32Array(memory.buffer, free, count * wordsOfBlock);
      const madeScales = floatsAt(free + made.byteLength, count);
      quantize(address, step, count, blockSize, bits, SMALLEST_SIZE, madeScales.byteOffset, free);
      for (let c = 0, from = 0; c < count; c++) {
        const at = (firstColumn + c * place) * blocks + firstRow / blockSize;
        scales[at] = madeScales[c]!;
        for (let word = 0, to = at * wordsOfBlock; word < wordsOfBlock; word++) words[to++] = made[from++]!;
      }
    }),
  );
  return { bytes: new Uint8Array(words.buffer), scales, rows, columns, blocks, blockSize };
}

/** The two constants of {@link quantizeBlocks}, and the sizes that the operator is told. */
export function quantizedBlocks(matrix: HostTensor, layout: MatrixLayout, bits: BlockBits) {
  const [K, N] = [layout.rows, layout.groups * layout.columns];
  const blockSize = BLOCK_SIZES[bits];
  const blocks = Math.ceil(K / blockSize);
  const bytesOfBlock = (blockSize * bits) / 8;
  const sizes: [MadePart, MadePart] = [
    { type: 'uint8', shape: [N, blocks, bytesOfBlock], byteLength: N * blocks * bytesOfBlock },
    { type: 'float32', shape: [N * blocks], byteLength: 4 * N * blocks },
  ];
  const parts = madeWeights(matrix, `q${bits} blocks ${JSON.stringify(layout)}`, sizes, () => {
    const { bytes, scales } = quantizeBlocks(matrix, layout, bits);
    return [bytes, scales];
  });
  return { parts, K, N, block_size: blockSize };
}
