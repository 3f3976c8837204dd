import type { KeyMap } from '../key-map.js';

const STAGES = ['layer1', 'layer2', 'layer3', 'layer4'];

/**
 * torchvision's names of a ResNet's trunk below `theirs` to {@link resnetSpecs}' names below `ours`; prefixes end in a dot or are empty.
 * The counters of the batch norms and the classifier `fc` are dropped.
 */
export function resnetKeyMap(theirs: string, ours: string): KeyMap {
  return [
    { from: `${theirs}fc.{}`, to: null },
    { from: `${theirs}bn1.num_batches_tracked`, to: null },
    { from: `${theirs}conv1.weight`, to: `${ours}conv1.weight` },
    { from: `${theirs}bn1.{}`, to: `${ours}bn1.{}` },
    ...STAGES.flatMap((stage) => [
      { from: `${theirs}${stage}.{}.{}.num_batches_tracked`, to: null },
      { from: `${theirs}${stage}.{}.downsample.1.num_batches_tracked`, to: null },
      {
        from: `${theirs}${stage}.{}.downsample.{}.{}`,
        to: `${ours}${stage}.{}.downsample.{}.{}`,
      },
      { from: `${theirs}${stage}.{}.{}.{}`, to: `${ours}${stage}.{}.{}.{}` },
    ]),
  ];
}
