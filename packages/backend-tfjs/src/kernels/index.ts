import { compositeKernels } from './composite.js';
import { conv2dKernel, conv2dTransposeKernel } from './convolution.js';
import type { KernelName, Kernels } from './definition.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import { matmulKernel } from './matmul.js';
import { maxPool2dGradientKernel, maxPool2dKernel } from './pooling.js';
import { reduceKernels } from './reduce.js';
import { shapeKernels } from './shape.js';

/** Operation name to kernel. */
export const KERNELS: Kernels = {
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...indexingKernels,
  ...compositeKernels,
  matmul: matmulKernel,
  conv2d: conv2dKernel,
  conv2dTranspose: conv2dTransposeKernel,
  maxPool2d: maxPool2dKernel,
  maxPool2dGradient: maxPool2dGradientKernel,
};

/** Whether an operation has a kernel. */
export function hasKernel(op: string): op is KernelName {
  return Object.hasOwn(KERNELS, op);
}
