/** Shape shorthand in this module: `B` rows, `F` features, `E` width of embeddings. */
import { linear, type Ops, type Parameters, type Tensor } from '@crrg/tensor';
import type { ProjectionKind } from '../config.js';

/** torch's default epsilon of LayerNorm. */
const NORM_EPSILON = 1e-5;

/** `[B, F]` to `[B, E]`, not normalised. Source: CXR-CLIP's linear and MLP projections (dropout 0). */
export function project(ops: Ops, parameters: Parameters, features: Tensor, kind: ProjectionKind): Tensor {
  const first = linear(ops, parameters.scope('linear'), features);
  if (kind === 'linear') return first;
  const second = linear(ops, parameters.scope('residual'), ops.gelu(first));
  const norm = parameters.scope('norm');
  return ops.layerNorm(ops.add(second, first), norm.get('weight'), norm.get('bias'), NORM_EPSILON);
}

/** Rows of unit length, without an epsilon, as the reference. */
export function toUnitLength(ops: Ops, x: Tensor): Tensor {
  return ops.div(x, ops.sqrt(ops.sum(ops.square(x), { axes: [-1], keepDims: true })));
}

/** Embeddings of unit length `[B, E]` from the features `[B, F]` of one side. */
export function embedFeatures(
  ops: Ops,
  parameters: Parameters,
  features: Tensor,
  side: 'image' | 'text',
  kind: ProjectionKind,
): Tensor {
  return toUnitLength(ops, project(ops, parameters.scope(`${side}Projection`), features, kind));
}
