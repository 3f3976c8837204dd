/** Files that hold R-CLIP or a part of it. */
export const RCLIP_KINDS = ['cxr-clip', 'cxr-clip-probe', 'bert', 'image-encoder'] as const;

/** One of {@link RCLIP_KINDS}. */
export type RclipKind = (typeof RCLIP_KINDS)[number];

/** True for one of {@link RCLIP_KINDS}. */
export function isRclipKind(kind: string): kind is RclipKind {
  return (RCLIP_KINDS as readonly string[]).includes(kind);
}

/**
 * What {@link importModel} reads: whole models (`rgrg`, `cxr-clip`), a classifier (`cxr-clip-probe`), and parts for training. A file of
 * torchvision's ResNet-50 is the trunk of a detector (`resnet50`) or R-CLIP's `image-encoder`.
 */
export const IMPORT_KINDS = ['rgrg', 'detector', 'resnet50', 'gpt2', ...RCLIP_KINDS] as const;
/** One of {@link IMPORT_KINDS}. */
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** The order in which a file is tried: a whole model has its parts in it. An image encoder looks like `resnet50`. */
export const WHOLE_FIRST: readonly ImportKind[] = [
  'rgrg',
  'cxr-clip',
  'cxr-clip-probe',
  'detector',
  'gpt2',
  'bert',
  'resnet50',
];

const RESNET = ['layer4.0.conv1.weight', 'bn1.weight'];

/** Sets of names that only this kind of file has, all of them; the first set that is there counts. */
export const SIGNS: Readonly<Record<ImportKind, readonly (readonly string[])[]>> = {
  rgrg: [['object_detector.backbone.0.weight']],
  detector: [['roi_heads.box_head.fc6.weight', 'backbone.0.weight']],
  resnet50: [RESNET],
  gpt2: [['transformer.h.0.attn.c_attn.weight'], ['h.0.attn.c_attn.weight']],
  'cxr-clip': [
    ['logit_scale', 'image_encoder.resnet.conv1.weight'],
    ['logit_scale', 'text_encoder.text_encoder.embeddings.word_embeddings.weight'],
    ['logit_scale', 'image_encoder.image_encoder.layernorm.weight'],
  ],
  'cxr-clip-probe': [['classifier.classification_head.weight']],
  bert: [['bert.embeddings.word_embeddings.weight'], ['embeddings.word_embeddings.weight']],
  'image-encoder': [RESNET],
};
