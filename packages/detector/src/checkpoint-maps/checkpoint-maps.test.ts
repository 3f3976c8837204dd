import type { KeyMap } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETECTOR_CONFIG } from '../config.js';
import { detectorSpecs } from '../specs.js';
import { RGRG_DETECTOR_KEY_MAP, RGRG_DETECTOR_STAGE1_KEY_MAP } from './rgrg.js';
import { TORCHVISION_RESNET50_KEY_MAP } from './torchvision.js';

/** Applies a table as its type describes; undefined where no row fits. */
function rename(name: string, map: KeyMap): string | null | undefined {
  for (const { from, to } of map) {
    const match = new RegExp(`^${from.replaceAll('.', '\\.').replaceAll('{}', '([^.]+)')}$`).exec(name);
    if (!match) continue;
    let part = 1;
    return to === null ? null : to.replaceAll('{}', () => match[part++]!);
  }
  return undefined;
}

const BATCH_NORM = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
const STAGE_BLOCKS = [3, 4, 6, 3];

/** Every name of a trunk, with the names of stem convolution, stem norm and stages given. */
function trunkNames(stem: string, norm: string, stage: (index: number) => string): string[] {
  const blocks = STAGE_BLOCKS.flatMap((count, index) =>
    Array.from({ length: count }, (_, block) => ({ prefix: `${stage(index)}.${block}`, block })),
  );
  return [
    `${stem}.weight`,
    ...BATCH_NORM.map((leaf) => `${norm}.${leaf}`),
    ...blocks.flatMap(({ prefix, block }) => [
      ...[1, 2, 3].flatMap((i) => [
        `${prefix}.conv${i}.weight`,
        ...BATCH_NORM.map((leaf) => `${prefix}.bn${i}.${leaf}`),
      ]),
      ...(block === 0
        ? [`${prefix}.downsample.0.weight`, ...BATCH_NORM.map((leaf) => `${prefix}.downsample.1.${leaf}`)]
        : []),
    ]),
  ];
}

const HEADS = [
  'rpn.head.conv.0.0',
  'rpn.head.cls_logits',
  'rpn.head.bbox_pred',
  'roi_heads.box_head.fc6',
  'roi_heads.box_head.fc7',
  'roi_heads.box_predictor.cls_score',
  'roi_heads.box_predictor.bbox_pred',
  'roi_heads.dim_reduction',
].flatMap((name) => [`${name}.weight`, `${name}.bias`]);

const FILE = [...trunkNames('backbone.0', 'backbone.1', (index) => `backbone.${index + 4}`), ...HEADS];
const ours = Object.keys(detectorSpecs(DEFAULT_DETECTOR_CONFIG)).sort();

describe('checkpoint maps', () => {
  it('turn the 334 names of a stage-1 detector into exactly our parameters', () => {
    expect(FILE.length).toBe(334);
    const renamed = FILE.map((name) => rename(name, RGRG_DETECTOR_STAGE1_KEY_MAP));
    expect(renamed).not.toContain(undefined);
    expect(renamed.filter((name) => name !== null).sort()).toEqual(ours);
  });

  it('do the same below the prefix of a full checkpoint', () => {
    const renamed = FILE.map((name) => rename(`object_detector.${name}`, RGRG_DETECTOR_KEY_MAP));
    expect(renamed.filter((name) => name !== null).sort()).toEqual(ours);
    expect(rename('language_model.wte.weight', RGRG_DETECTOR_KEY_MAP)).toBeUndefined();
  });

  it('accept the older name of the first convolution of the region proposal network', () => {
    expect(rename('rpn.head.conv.weight', RGRG_DETECTOR_STAGE1_KEY_MAP)).toBe('rpn.conv.weight');
    expect(rename('rpn.head.conv.0.0.weight', RGRG_DETECTOR_STAGE1_KEY_MAP)).toBe('rpn.conv.weight');
  });

  it('take the trunk of torchvision and drop its stem convolution and classifier', () => {
    const file = [...trunkNames('conv1', 'bn1', (index) => `layer${index + 1}`), 'fc.weight', 'fc.bias'];
    expect(file.length).toBe(320);
    const renamed = file.map((name) => rename(name, TORCHVISION_RESNET50_KEY_MAP));
    expect(renamed).not.toContain(undefined);
    const trunk = ours.filter((name) => name.startsWith('backbone.') && name !== 'backbone.conv1.weight');
    expect(renamed.filter((name) => name !== null).sort()).toEqual(trunk);
  });
});
