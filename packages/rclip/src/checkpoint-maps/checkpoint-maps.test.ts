import type { KeyMap, ParameterSpecs } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { parseRclipConfig } from '../config.js';
import { rclipSpecs } from '../specs.js';
import { BERT_KEY_MAP } from './bert.js';
import { CXR_CLIP_KEY_MAP, CXR_CLIP_PROBE_KEY_MAP } from './cxr-clip.js';
import { TORCHVISION_IMAGE_ENCODER_KEY_MAP } from './torchvision.js';

const BATCH_NORM = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
const both = (name: string) => [`${name}.weight`, `${name}.bias`];
const norms = (name: string) => BATCH_NORM.map((leaf) => `${name}.${leaf}`);

/** torchvision's names of ResNet-50 without `fc`: 318. */
function resnetNames(): string[] {
  const block = (name: string, projects: boolean) => [
    ...[1, 2, 3].flatMap((index) => [`${name}.conv${index}.weight`, ...norms(`${name}.bn${index}`)]),
    ...(projects ? [`${name}.downsample.0.weight`, ...norms(`${name}.downsample.1`)] : []),
  ];
  const stages = [3, 4, 6, 3].flatMap((count, stage) =>
    Array.from({ length: count }, (_, index) => block(`layer${stage + 1}.${index}`, index === 0)),
  );
  return ['conv1.weight', ...norms('bn1'), ...stages.flat()];
}

/** Hugging Face's names of a 12-layer BERT with pooler: 199. */
function bertNames(norm: readonly [string, string] = ['weight', 'bias']): string[] {
  const layerNorm = (name: string) => norm.map((leaf) => `${name}.LayerNorm.${leaf}`);
  const layer = (name: string) => [
    ...['query', 'key', 'value'].flatMap((part) => both(`${name}.attention.self.${part}`)),
    ...both(`${name}.attention.output.dense`),
    ...layerNorm(`${name}.attention.output`),
    ...both(`${name}.intermediate.dense`),
    ...both(`${name}.output.dense`),
    ...layerNorm(`${name}.output`),
  ];
  return [
    ...['word', 'position', 'token_type'].map((table) => `embeddings.${table}_embeddings.weight`),
    ...layerNorm('embeddings'),
    ...Array.from({ length: 12 }, (_, index) => layer(`encoder.layer.${index}`)).flat(),
    ...both('pooler.dense'),
  ];
}

const prefixed = (prefix: string, names: readonly string[]) => names.map((name) => prefix + name);

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

/** What a file with these names gives, sorted; null for the knowing drops, undefined for names that no row fits. */
function renameAll(names: readonly string[], map: KeyMap) {
  const renamed = names.map((name) => rename(name, map));
  return {
    unknown: names.filter((_, index) => renamed[index] === undefined),
    taken: renamed.filter((name) => typeof name === 'string').sort(),
  };
}

const sortedNames = (specs: ParameterSpecs, prefix = '') =>
  Object.keys(specs)
    .filter((name) => name.startsWith(prefix))
    .sort();

const SPECS = rclipSpecs(parseRclipConfig({}));
const CXR_CLIP_NAMES = [
  'logit_scale',
  ...prefixed('image_encoder.resnet.', resnetNames()),
  ...prefixed('text_encoder.text_encoder.', bertNames()),
  ...both('image_projection.projection'),
  ...both('text_projection.projection'),
];

describe('the key map of CXR-CLIP', () => {
  it('takes every tensor of the published layout once, with the position buffer of older files or without', () => {
    expect(CXR_CLIP_NAMES.length).toBe(522);
    const older = [...CXR_CLIP_NAMES, 'text_encoder.text_encoder.embeddings.position_ids'];
    for (const names of [CXR_CLIP_NAMES, older])
      expect(renameAll(names, CXR_CLIP_KEY_MAP)).toEqual({ unknown: [], taken: sortedNames(SPECS) });
  });

  it('knows the MLP projection', () => {
    const specs = rclipSpecs(parseRclipConfig({ projection: 'mlp' }));
    const extra = ['image_projection', 'text_projection'].flatMap((name) => [
      ...both(`${name}.fc`),
      ...both(`${name}.layer_norm`),
    ]);
    const renamed = renameAll([...CXR_CLIP_NAMES, ...extra], CXR_CLIP_KEY_MAP);
    expect(renamed).toEqual({ unknown: [], taken: sortedNames(specs) });
  });

  it('does not know the Swin variant', () => {
    const swin = ['image_encoder.image_encoder.layernorm.weight'];
    expect(renameAll(swin, CXR_CLIP_KEY_MAP).unknown).toEqual(swin);
  });

  it('takes a linear probe', () => {
    const names = [
      ...prefixed('image_encoder.resnet.', resnetNames()),
      ...both('classifier.classification_head'),
    ];
    expect(names.length).toBe(320);
    const specs = rclipSpecs(parseRclipConfig({ textEncoder: null, probe: { labels: ['Pneumonia'] } }));
    expect(renameAll(names, CXR_CLIP_PROBE_KEY_MAP)).toEqual({ unknown: [], taken: sortedNames(specs) });
  });
});

describe('the key map of BERT', () => {
  const taken = sortedNames(SPECS, 'textEncoder.');
  const heads = [
    'cls.predictions.bias',
    ...both('cls.predictions.transform.dense'),
    ...both('cls.predictions.transform.LayerNorm'),
    ...both('cls.predictions.decoder'),
    ...both('cls.seq_relationship'),
  ];

  it.each(['', 'bert.'])(
    'takes the encoder with the prefix "%s" and drops the pre-training heads',
    (prefix) => {
      const names = [...prefixed(prefix, [...bertNames(), 'embeddings.position_ids']), ...heads];
      expect(renameAll(names, BERT_KEY_MAP)).toEqual({ unknown: [], taken });
    },
  );

  it('reads gamma and beta as the weight and bias of a norm', () => {
    const names = prefixed('bert.', bertNames(['gamma', 'beta']));
    expect(renameAll(names, BERT_KEY_MAP)).toEqual({ unknown: [], taken });
    expect(rename('bert.encoder.layer.3.output.LayerNorm.beta', BERT_KEY_MAP)).toBe(
      'textEncoder.layers.3.ffnNorm.bias',
    );
  });
});

describe('the key map of torchvision', () => {
  it.each([
    ['with', resnetNames()],
    ['without', resnetNames().filter((name) => !name.endsWith('num_batches_tracked'))],
  ])('takes ResNet-50 and its stem, %s counters', (_, names) => {
    const renamed = renameAll([...names, ...both('fc')], TORCHVISION_IMAGE_ENCODER_KEY_MAP);
    expect(renamed).toEqual({ unknown: [], taken: sortedNames(SPECS, 'imageEncoder.') });
    expect(rename('conv1.weight', TORCHVISION_IMAGE_ENCODER_KEY_MAP)).toBe('imageEncoder.conv1.weight');
  });
});
