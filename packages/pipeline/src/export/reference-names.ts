import { invertKeyMap, type TensorEntry } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import {
  RGRG_DETECTOR_KEY_MAP,
  RGRG_DETECTOR_STAGE1_KEY_MAP,
  TORCHVISION_RESNET50_KEY_MAP,
} from '@crrg/detector';
import {
  BERT_KEY_MAP,
  CXR_CLIP_KEY_MAP,
  CXR_CLIP_PROBE_KEY_MAP,
  TORCHVISION_IMAGE_ENCODER_KEY_MAP,
} from '@crrg/rclip';
import { RGRG_REGION_SELECTOR_KEY_MAP } from '@crrg/region-selector';
import { gpt2KeyMap, rgrgReportGenKeyMap } from '@crrg/report-gen';
import type { KeyMap } from '@crrg/tensor';
import type { ModelKind } from './model-kind.js';

/** Tensors by name. */
export type Entries = ReadonlyMap<string, TensorEntry>;

/** For parameters below a prefix of ours, the table that an import reads them with. */
type Tables = Readonly<Record<string, KeyMap>>;

const POSITION = { positionTable: 'position' } as const;

const TABLES: Readonly<Record<ModelKind, Tables>> = {
  'report-model': {
    'detector.': RGRG_DETECTOR_KEY_MAP,
    'regionSelector.': RGRG_REGION_SELECTOR_KEY_MAP,
    'reportGen.': rgrgReportGenKeyMap(POSITION),
  },
  contrastive: { '': CXR_CLIP_KEY_MAP },
  classifier: { '': CXR_CLIP_PROBE_KEY_MAP },
  detector: { 'detector.': RGRG_DETECTOR_STAGE1_KEY_MAP },
  selector: {
    'detector.': RGRG_DETECTOR_KEY_MAP,
    'regionSelector.': RGRG_REGION_SELECTOR_KEY_MAP,
  },
  resnet50: { 'detector.': TORCHVISION_RESNET50_KEY_MAP },
  gpt2: { 'reportGen.': gpt2KeyMap(POSITION) },
  bert: { '': BERT_KEY_MAP },
  'image-encoder': { '': TORCHVISION_IMAGE_ENCODER_KEY_MAP },
};

/**
 * The tensors of a model under the names of the program that it was made for, each once.
 * @throws {CheckpointError} for a parameter that has no name there
 */
export function toReferenceNames(entries: Entries, kind: ModelKind): Map<string, TensorEntry> {
  const parts = Object.entries(TABLES[kind]).map(([prefix, map]) => ({ prefix, rename: invertKeyMap(map) }));
  const renamed = new Map<string, TensorEntry>();
  for (const [name, entry] of entries) {
    const part = parts.find(({ prefix }) => name.startsWith(prefix));
    const theirs = part?.rename(name.slice(part.prefix.length));
    if (theirs === undefined)
      throw new CheckpointError(
        `pipeline.exportModel: expected a parameter that the reference has too, got ${name}; export the model with --to safetensors.`,
      );
    renamed.set(theirs, entry);
  }
  return renamed;
}
