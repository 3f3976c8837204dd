/** Rules that ONNX Runtime's kernels for WebGPU cannot keep: they refuse operands without elements. */
export const NOTHING_ON_WEBGPU = [
  'sums of nothing are 0, maxima of nothing -Infinity, means of nothing undefined',
  'operations on nothing give nothing',
  'a product over an inner size of 0 is 0',
];
