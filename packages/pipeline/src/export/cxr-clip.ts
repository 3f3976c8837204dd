import type { BundleManifest, TorchValue } from '@crrg/checkpoints';
import { ConfigError } from '@crrg/core';
import { IMAGENET_PREPROCESSING } from '@crrg/image';
import { DEFAULT_RCLIP_CONFIG, requireProbe, type RclipConfig, type TextEncoderConfig } from '@crrg/rclip';
import { parseRclipManifest } from '../models/rclip-model.js';
import { differenceNotes } from './differences.js';
import type { ExportedWeights, ExportSource } from './exported-weights.js';
import { toReferenceNames, type Entries } from './reference-names.js';
import { withBatchCounters, zerosOf } from './state-dict.js';

const PROGRAM = 'the program of CXR-CLIP';
const TEXT_ENCODER = 'emilyalsentzer/Bio_ClinicalBERT';
const NOT_IN_MODEL =
  'not in the model, so not in the file: optimizer, scheduler, epoch, train_loss; a training there starts from these weights, it does not go on';

/** A dictionary of Python from an object. */
function dictionary(value: object): TorchValue {
  return new Map(
    Object.entries(value).map(([name, child]: [string, unknown]): [string, TorchValue] => [
      name,
      Array.isArray(child) || typeof child !== 'object' || child === null
        ? (child as TorchValue)
        : dictionary(child),
    ]),
  );
}

const IMAGE_ENCODER = { source: 'torchvision', name: 'resnet', pretrained: true };

/** What the program does to a picture that it evaluates. */
function transforms(size: number) {
  const plain = { Resize: { size }, CenterCrop: { size } };
  return { train: { ResizedCrop: { size }, CenterCrop: { size } }, valid: plain, test: plain };
}

function contrastiveConfig(
  { imageEncoder, embeddingDim, projection, ...config }: RclipConfig,
  text: TextEncoderConfig,
) {
  const { imageSize } = imageEncoder;
  return {
    base: { image_size: imageSize, text_max_length: text.maxLength },
    tokenizer: {
      source: 'huggingface',
      pretrained_model_name_or_path: TEXT_ENCODER,
      cache_dir: 'huggingface/tokenizers',
    },
    transform: transforms(imageSize),
    model: {
      name: 'clip_custom',
      temperature: config.initialTemperature,
      image_encoder: IMAGE_ENCODER,
      text_encoder: {
        source: 'huggingface',
        name: TEXT_ENCODER,
        pretrained: true,
        gradient_checkpointing: false,
        pooling: text.pooling,
        cache_dir: 'huggingface/',
        trust_remote_code: true,
        mlm_head: true,
      },
      projection_head: { name: projection, dropout: 0.1, proj_dim: embeddingDim },
    },
    loss: { cxr_clip: { label_smoothing: 0, i2i_weight: 1, t2t_weight: 0.5, loss_ratio: 1 } },
  };
}

function classifierConfig({ imageEncoder: { imageSize } }: RclipConfig, labels: readonly string[]) {
  return {
    base: { image_size: imageSize },
    transform: transforms(imageSize),
    model: {
      name: 'finetune_classification',
      load_backbone_weights: null,
      freeze_backbone_weights: true,
      image_encoder: IMAGE_ENCODER,
      classifier: { config: { name: 'linear', n_class: labels.length } },
    },
    loss: { classification: { loss_ratio: 1 } },
  };
}

/** Sizes of the networks that the program takes from torchvision and Hugging Face, and how pictures are normalised. */
function sizesOf({ imageEncoder, textEncoder }: RclipConfig, { mean, std }: { mean: unknown; std: unknown }) {
  const { imageSize: _size, ...image } = imageEncoder;
  const { pooling: _pooling, maxLength: _length, ...text } = textEncoder ?? DEFAULT_RCLIP_CONFIG.textEncoder!;
  return { imageEncoder: image, textEncoder: text, preprocessing: { mean, std } };
}

function sizeNotes(config: RclipConfig, { preprocessing }: BundleManifest): string[] {
  const { mean = IMAGENET_PREPROCESSING.mean, std = IMAGENET_PREPROCESSING.std } = preprocessing;
  return differenceNotes(
    PROGRAM,
    sizesOf(config, { mean, std }),
    sizesOf(DEFAULT_RCLIP_CONFIG, IMAGENET_PREPROCESSING),
  );
}

const isOf = (entries: Entries, test: (name: string) => boolean): Entries =>
  new Map([...entries].filter(([name]) => test(name)));

const isProbe = (name: string) => name.startsWith('probe.');

/** A contrastive model without its probe. */
export function withoutProbe(entries: Entries): Entries {
  return isOf(entries, (name) => !isProbe(name));
}

/**
 * A file of CXR-CLIP (ResNet variant): `{ "model": state, "config": ... }`.
 * @throws {ConfigError} for a model without a text encoder
 */
export function toCxrClip({ kind, manifest, entries }: ExportSource): ExportedWeights {
  if (kind !== 'contrastive')
    throw new ConfigError(
      `pipeline.exportModel: \`to\` cxr-clip: expected a contrastive model, got ${manifest.name}, which is a ${kind}; use ${kind === 'classifier' ? 'cxr-clip-probe' : 'safetensors'}.`,
    );
  const config = parseRclipManifest(manifest);
  const text = config.textEncoder!;
  const pooler = 'text_encoder.text_encoder.pooler.dense';
  const state = withBatchCounters(toReferenceNames(withoutProbe(entries), 'contrastive'));
  state
    .set(`${pooler}.weight`, zerosOf([text.width, text.width]))
    .set(`${pooler}.bias`, zerosOf([text.width]));
  const value = new Map<string, TorchValue>([
    ['model', state],
    ['config', dictionary(contrastiveConfig(config, text))],
  ]);
  return {
    value,
    tensorCount: state.size,
    notes: [
      NOT_IN_MODEL,
      'filled in: num_batches_tracked 0, pooler.dense 0 (nothing reads it), weights of the loss 1 and 0.5 (those of CXR-CLIP)',
      `texts: the program takes the vocabulary of ${TEXT_ENCODER} by its name, whatever this model's is`,
      ...(config.probe ? ['left out: the probe; export it with --to cxr-clip-probe'] : []),
      ...sizeNotes(config, manifest),
    ],
  };
}

/**
 * A file of CXR-CLIP's linear probe: image encoder and classification head.
 * @throws {ConfigError} for a model without a probe
 */
export function toCxrClipProbe({ kind, manifest, entries }: ExportSource): ExportedWeights {
  if (kind !== 'contrastive' && kind !== 'classifier')
    throw new ConfigError(
      `pipeline.exportModel: \`to\` cxr-clip-probe: expected a classifier, got ${manifest.name}, which is a ${kind}; use another target.`,
    );
  const config = parseRclipManifest(manifest);
  const { labels, thresholds, temperatures } = requireProbe(config, 'pipeline.exportModel');
  const kept = isOf(entries, (name) => isProbe(name) || name.startsWith('imageEncoder.'));
  const state = withBatchCounters(toReferenceNames(kept, 'classifier'));
  const value = new Map<string, TorchValue>([
    ['model', state],
    ['config', dictionary(classifierConfig(config, labels))],
    ['labels', [...labels]],
  ]);
  const isCalibrated = temperatures.some((temperature) => temperature !== 1);
  return {
    value,
    tensorCount: state.size,
    notes: [
      NOT_IN_MODEL,
      'filled in: num_batches_tracked 0',
      ...(isCalibrated
        ? [
            `the program does not divide logits by this model's temperatures ${temperatures.join(', ')}: its probabilities differ`,
          ]
        : []),
      `thresholds are not in the file: ${labels.map((label, at) => `${label} ${thresholds[at]}`).join(', ')}`,
      ...sizeNotes({ ...config, textEncoder: null }, manifest),
    ],
  };
}
