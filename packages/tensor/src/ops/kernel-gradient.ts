import type { ConvolutionAttributes } from '../attributes.js';
import { mulDims, type Dim } from '../dim.js';
import { staticShape, type Tensor } from '../graph.js';
import type { Ops } from '../operations.js';

/** What the rules below share. Shapes: `x [N, C, ., .]`, `g [N, O, h, w]`, kernel `[O, C, kh, kw]`. */
interface KernelGradient {
  readonly x: Tensor;
  readonly g: Tensor;
  readonly kernel: readonly [number, number, number, number];
  readonly attributes: ConvolutionAttributes;
  readonly output: readonly [number, number];
  /** `N h w`: what each entry is a sum over. */
  readonly rows: Dim;
}

/** Fewer channels than this: the convolution with batch and channels swapped is the fastest. */
const FEW_CHANNELS = 8;

/**
 * Gradient of a convolution's kernel. On ONNX Runtime's CPU products over shifted copies of the input are about twice as fast as the
 * convolution with batch and channels swapped, and what remains beside the products is copying; so the rule that copies least is taken.
 */
export function kernelGradient(
  ops: Ops,
  x: Tensor,
  g: Tensor,
  w: Tensor,
  attributes: ConvolutionAttributes,
): Tensor {
  const where = 'tensor.conv2d (kernel gradient)';
  const kernel = staticShape(w.shape, where) as [number, number, number, number];
  const output = staticShape(g.shape.slice(2), where) as [number, number];
  const batch = x.shape[0]!;
  const rows = mulDims(batch, ...output);
  const settings = { x, g, kernel, attributes, output, rows };
  const [o, c, kh, kw] = kernel;
  if (kh === 1 && kw === 1 && attributes.padding.every((p) => p === 0)) return ofOnePixel(ops, settings);
  if (c < FEW_CHANNELS && typeof batch === 'number') return swappedConvolution(ops, settings);
  if (typeof rows === 'number' && o > rows) return channelsFirst(ops, settings);
  return attributes.strides[0] === 1 ? rowByRow(ops, settings) : channelsLast(ops, settings);
}

/** 1x1: a product per image. */
function ofOnePixel(ops: Ops, settings: KernelGradient): Tensor {
  const {
    x,
    g,
    kernel: [o, c],
    output,
  } = settings;
  const flat = (t: Tensor, channels: number) =>
    ops.reshape(t, [t.shape[0]!, channels, output[0] * output[1]]);
  const seen = window(ops, x, settings, places(2, [0, 0]));
  const products = ops.matmul(flat(g, o), flat(seen, c), { transposeB: true });
  return ops.reshape(ops.sum(products, { axes: [0] }), [o, c, 1, 1]);
}

function swappedConvolution(
  ops: Ops,
  { x, g, kernel: [, , kh, kw], attributes: { strides, padding, dilations } }: KernelGradient,
): Tensor {
  const swap = (t: Tensor) => ops.transpose(t, [1, 0, 2, 3]);
  const swapped = ops.conv2d(swap(x), swap(g), { strides: dilations, dilations: strides, padding });
  return swap(ops.slice(swapped, { axes: [2, 3], starts: [0, 0], ends: [kh, kw] }));
}

/** For kernels larger than the images: patches `[C kh kw, N h w]`, whose product with `g` needs no transposition afterwards. */
function channelsFirst(ops: Ops, settings: KernelGradient): Tensor {
  const {
    x,
    kernel: [o, c, kh, kw],
    rows,
  } = settings;
  const padded = padSpatial(ops, ops.transpose(x, [1, 0, 2, 3]), 2, settings.attributes);
  const taps = tapsOf(kh, kw).map((tap) =>
    ops.reshape(window(ops, padded, settings, places(2, tap)), [c, 1, rows]),
  );
  const patches = ops.reshape(ops.concat(taps, 1), [c * kh * kw, rows]);
  return ops.reshape(ops.matmul(gradientRows(ops, settings), patches, { transposeB: true }), [o, c, kh, kw]);
}

/** Patches `[N h w, kh kw C]`, for strided windows. */
function channelsLast(ops: Ops, settings: KernelGradient): Tensor {
  const {
    kernel: [o, c, kh, kw],
    rows,
  } = settings;
  const padded = paddedChannelsLast(ops, settings);
  const taps = tapsOf(kh, kw).map((tap) => window(ops, padded, settings, places(1, tap)));
  const patches = ops.reshape(ops.concat(taps, 3), [rows, kh * kw * c]);
  const product = ops.matmul(gradientRows(ops, settings), patches);
  return ops.transpose(ops.reshape(product, [o, kh, kw, c]), [0, 3, 1, 2]);
}

/** A product per row of the kernel, over the columns' patches `[N, H, w, kw C]`: a third of the concatenation at 3x3. */
function rowByRow(ops: Ops, settings: KernelGradient): Tensor {
  const {
    kernel: [o, c, kh, kw],
    rows,
  } = settings;
  const padded = paddedChannelsLast(ops, settings);
  const columns = ops.concat(
    [...Array(kw).keys()].map((tap) => window(ops, padded, settings, [{ axis: 2, spatial: 1, tap }])),
    3,
  );
  const flatGradient = gradientRows(ops, settings);
  const products = [...Array(kh).keys()].map((tap) => {
    const seen = window(ops, columns, settings, [{ axis: 1, spatial: 0, tap }]);
    return ops.reshape(ops.matmul(flatGradient, ops.reshape(seen, [rows, kw * c])), [o, 1, kw, c]);
  });
  return ops.transpose(ops.concat(products, 1), [0, 3, 1, 2]);
}

/** `g` as `[O, N h w]`. */
function gradientRows(ops: Ops, { g, kernel: [o], rows }: KernelGradient): Tensor {
  return ops.reshape(ops.transpose(g, [1, 0, 2, 3]), [o, rows]);
}

function paddedChannelsLast(ops: Ops, { x, attributes }: KernelGradient): Tensor {
  return padSpatial(ops, ops.transpose(x, [0, 2, 3, 1]), 1, attributes);
}

/** Zeros around the two axes from `first` on. */
function padSpatial(
  ops: Ops,
  x: Tensor,
  first: number,
  { padding: [top, left, bottom, right] }: ConvolutionAttributes,
): Tensor {
  const sides = new Map([
    [first, [top, bottom]],
    [first + 1, [left, right]],
  ] as const);
  return ops.pad(
    x,
    x.shape.map((_, axis) => sides.get(axis) ?? [0, 0]),
  );
}

function tapsOf(kh: number, kw: number): [number, number][] {
  return Array.from({ length: kh * kw }, (_, tap) => [Math.floor(tap / kw), tap % kw]);
}

/** One place of the kernel along one axis of a tensor. */
interface Place {
  readonly axis: number;
  readonly spatial: 0 | 1;
  readonly tap: number;
}

function places(firstAxis: number, [row, column]: readonly [number, number]): Place[] {
  return [
    { axis: firstAxis, spatial: 0, tap: row },
    { axis: firstAxis + 1, spatial: 1, tap: column },
  ];
}

/** What one place of the kernel sees. */
function window(
  ops: Ops,
  x: Tensor,
  { attributes: { strides, dilations }, output }: Pick<KernelGradient, 'attributes' | 'output'>,
  at: readonly Place[],
): Tensor {
  const starts = at.map(({ spatial, tap }) => tap * dilations[spatial]);
  const steps = at.map(({ spatial }) => strides[spatial]);
  const ends = at.map(({ spatial }, index) => starts[index]! + (output[spatial] - 1) * steps[index]! + 1);
  return ops.slice(x, { axes: at.map(({ axis }) => axis), starts, ends, steps });
}
