/**
 * Shape shorthand in this module: `B` images, `R` regions (29), `D` width of a region feature.
 * Source: RGRG's region classifiers (Linear, ReLU, Linear, ReLU, Linear).
 */
import { linear, type Ops, type Parameters, type Tensor } from '@crrg/tensor';
import type { Classifier } from './specs.js';

/** Logits `[.., R]` of one classifier for region features `[.., R, D]`. */
export function classifyRegions(
  ops: Ops,
  parameters: Parameters,
  regionFeatures: Tensor,
  classifier: Classifier,
): Tensor {
  const scope = parameters.scope(classifier);
  const first = ops.relu(linear(ops, scope.scope('fc1'), regionFeatures));
  const second = ops.relu(linear(ops, scope.scope('fc2'), first));
  const logits = linear(ops, scope.scope('fc3'), second);
  return ops.reshape(logits, logits.shape.slice(0, -1));
}
