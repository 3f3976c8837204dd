import { mulDims, type Dim } from '@crrg/tensor';
import { bytesOf, type ModelBuilder } from '../model-builder.js';
import { ELEMENT_TYPE } from '../proto/onnx.js';
import type { Lowerings } from './context.js';

/** 32-bit arithmetic of `createRandom` in ONNX. */
class Bits {
  constructor(private readonly builder: ModelBuilder) {}

  constant(value: number): string {
    return this.builder.literal('uint32', [], bytesOf(Uint32Array.of(value)));
  }

  from(int32: string): string {
    return this.builder.node('Cast', [int32], { attributes: { to: ELEMENT_TYPE.uint32 } });
  }

  shiftRight(x: string, bits: number): string {
    return this.builder.node('BitShift', [x, this.constant(bits)], { attributes: { direction: 'RIGHT' } });
  }

  xor(a: string, b: string): string {
    return this.builder.node('BitwiseXor', [a, b]);
  }

  times(x: string, factor: number): string {
    return this.builder.node('Mul', [x, this.constant(factor)]);
  }

  /** MurmurHash3's finaliser. */
  mix(x: string): string {
    const first = this.times(this.xor(x, this.shiftRight(x, 16)), 0x85ebca6b);
    const second = this.times(this.xor(first, this.shiftRight(first, 13)), 0xc2b2ae35);
    return this.xor(second, this.shiftRight(second, 16));
  }
}

/** 1 .. count as int32. */
function positions(builder: ModelBuilder, count: Dim): string {
  const size = builder.node('Cast', [builder.node('Squeeze', [builder.dims([count])])], {
    attributes: { to: ELEMENT_TYPE.int32 },
  });
  const one = builder.scalar('int32', 1);
  const range = builder.node('Range', [one, builder.node('Add', [size, one]), one]);
  builder.tellShape(range, 'int32', [count]);
  return range;
}

/** What tells the numbers of one tensor apart, the same for every tensor of that size. */
function counter(bits: Bits, builder: ModelBuilder, count: Dim): string {
  return builder.once(`counter ${builder.dims([count])}`, () =>
    bits.times(bits.from(positions(builder, count)), 0x9e3779b9),
  );
}

/** Numbers from a seed. */
export const randomness = {
  uniform({ builder, value }, node) {
    const { shape } = node.attributes;
    const bits = new Bits(builder);
    const seed = bits.from(value(node.inputs[0]!));
    const count = mulDims(...shape);
    const hash = bits.mix(bits.xor(bits.mix(bits.xor(counter(bits, builder, count), seed)), bits.mix(seed)));
    const steps = builder.node('Cast', [bits.shiftRight(hash, 8)], {
      attributes: { to: ELEMENT_TYPE.float32 },
    });
    const numbers = builder.node('Mul', [steps, builder.scalar('float32', 2 ** -24)]);
    return builder.reshape(numbers, [count], shape);
  },
} satisfies Partial<Lowerings>;
