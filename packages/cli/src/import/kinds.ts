/** Files that hold R-CLIP or a part of it. */
export const RCLIP_KINDS = ['cxr-clip', 'cxr-clip-probe', 'bert', 'image-encoder'] as const;

/** One of {@link RCLIP_KINDS}. */
export type RclipKind = (typeof RCLIP_KINDS)[number];

/** True for one of {@link RCLIP_KINDS}. */
export function isRclipKind(kind: string): kind is RclipKind {
  return (RCLIP_KINDS as readonly string[]).includes(kind);
}

/** What a checkpoint may be. */
export const KINDS = ['rgrg', 'detector', 'resnet50', 'gpt2', ...RCLIP_KINDS] as const;
/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** The order in which a file is tried: a whole model has its parts in it. An image encoder looks like `resnet50`. */
export const WHOLE_FIRST: readonly Kind[] = [
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
export const SIGNS: Readonly<Record<Kind, readonly (readonly string[])[]>> = {
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
