import { applyKeyMap, applyKeyMaps, selectPrefix, type TensorEntry } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import {
  detectorSpecs,
  RGRG_DETECTOR_KEY_MAP,
  RGRG_DETECTOR_STAGE1_KEY_MAP,
  TORCHVISION_RESNET50_KEY_MAP,
} from '@crrg/detector';
import { BERT_KEY_MAP, CXR_CLIP_KEY_MAP, TORCHVISION_IMAGE_ENCODER_KEY_MAP, rclipSpecs } from '@crrg/rclip';
import {
  parseRegionSelectorConfig,
  regionSelectorSpecs,
  RGRG_REGION_SELECTOR_KEY_MAP,
} from '@crrg/region-selector';
import {
  baseSpecs,
  gpt2KeyMap,
  parseReportGenConfig,
  reportGenSpecs,
  rgrgReportGenKeyMap,
  type ReportGenConfig,
} from '@crrg/report-gen';
import { clipConfigOf } from '../models/rclip/setup.js';
import { detectorConfigOf } from '../models/detector/setup.js';

type Entries = ReadonlyMap<string, TensorEntry>;

/** One architecture whose files we import: how to know it, and the strict import, which throws what does not fit. */
interface Importer {
  readonly name: string;
  readonly fits: (entries: Entries) => boolean;
  readonly run: (entries: Entries, note: string) => number;
}

/** The sizes that a remark of the form `settings: {...}` gives. */
function settingsOf(note: string): Record<string, number> | undefined {
  const json = /settings: (\{.*\})/.exec(note)?.[1];
  return json === undefined ? undefined : (JSON.parse(json) as Record<string, number>);
}

function importFull(entries: Entries, note: string): number {
  const settings = settingsOf(note);
  const language = settings && languageConfig(settings);
  const shapeOf = (name: string) => entries.get(`model/${name}`)!.shape;
  const detector = settings && detectorConfigOf({ settings, shapeOf });
  const parts = applyKeyMaps(selectPrefix(entries, 'model/'), {
    detector: { map: RGRG_DETECTOR_KEY_MAP, specs: detector && detectorSpecs(detector) },
    selector: { map: RGRG_REGION_SELECTOR_KEY_MAP, specs: settings && selectorSpecs(settings) },
    language: {
      map: rgrgReportGenKeyMap({ positionTable: 'token' }),
      specs: language && reportGenSpecs(language),
    },
  });
  return parts.detector.size + parts.selector.size + parts.language.size;
}

function selectorSpecs({ dim, h1, h2 }: Record<string, number>) {
  return regionSelectorSpecs(parseRegionSelectorConfig({ inputDim: dim, hidden: [h1, h2] }));
}

function languageConfig(settings: Record<string, number>): ReportGenConfig {
  const { layers, heads, dim, mlp, vocab, npos, bos } = settings;
  const tokens = { bosTokenId: bos, eosTokenId: bos, padTokenId: bos };
  const sizes = {
    numLayers: layers,
    numHeads: heads,
    width: dim,
    ffnWidth: mlp,
    vocabSize: vocab,
    numPositions: npos,
  };
  return parseReportGenConfig({ ...sizes, ...tokens, regionFeatureDim: dim });
}

/** Sizes of a GPT-2 from its own tensors; the number of heads does not change any shape. */
function importGpt2(entries: Entries): number {
  const find = (end: string) =>
    [...entries].find(([name]) => name.endsWith(end))![1].shape as [number, number];
  const [vocab, dim] = find('wte.weight');
  const layers = new Set(
    [...entries.keys()].map((name) => /(?:^|\.)h\.(\d+)\./.exec(name)?.[1]).filter(Boolean),
  ).size;
  const settings = {
    layers,
    heads: 1,
    dim,
    mlp: find('c_fc.weight')[1],
    vocab,
    npos: find('wpe.weight')[0],
    bos: 0,
  };
  const config = languageConfig(settings);
  return applyKeyMap(entries, gpt2KeyMap(config), baseSpecs(config)).size;
}

function importClip(entries: Entries, note: string): number {
  const settings = settingsOf(note);
  const specs = settings && rclipSpecs(clipConfigOf(settings));
  return applyKeyMap(selectPrefix(entries, 'model/'), CXR_CLIP_KEY_MAP, specs).size;
}

/** Both readers of a ResNet: the detector's trunk, without the stem, and R-CLIP's image encoder. */
function importResnet(entries: Entries): number {
  const trunk = applyKeyMap(entries, TORCHVISION_RESNET50_KEY_MAP).size;
  const encoder = applyKeyMap(entries, TORCHVISION_IMAGE_ENCODER_KEY_MAP).size;
  return encoder === trunk + 1 ? encoder : 0;
}

const IMPORTERS: readonly Importer[] = [
  {
    name: 'RGRG',
    fits: (entries) => entries.has('model/object_detector.backbone.0.weight'),
    run: importFull,
  },
  {
    name: 'RGRG detector',
    fits: (entries) => entries.has('backbone.0.weight') && entries.has('roi_heads.box_head.fc6.weight'),
    run: (entries) => applyKeyMap(entries, RGRG_DETECTOR_STAGE1_KEY_MAP).size,
  },
  {
    name: 'torchvision ResNet',
    fits: (entries) => entries.has('conv1.weight') && entries.has('layer4.0.conv1.weight'),
    run: importResnet,
  },
  {
    name: 'GPT-2',
    fits: (entries) => entries.has('transformer.wte.weight') || entries.has('wte.weight'),
    run: importGpt2,
  },
  { name: 'CXR-CLIP', fits: (entries) => entries.has('model/logit_scale'), run: importClip },
  {
    name: 'BERT',
    fits: (entries) => entries.has('bert.embeddings.word_embeddings.weight'),
    run: (entries) => applyKeyMap(entries, BERT_KEY_MAP).size,
  },
];

/** The strict import of a file of a known architecture: its name, how many tensors were taken, and what does not fit. */
export function importByKeyMap(
  entries: Entries,
  note: string,
): { name: string; taken: number; problems: string[] } | undefined {
  const importer = IMPORTERS.find(({ fits }) => fits(entries));
  if (!importer) return undefined;
  try {
    const taken = importer.run(entries, note);
    return { name: importer.name, taken, problems: taken > 0 ? [] : ['nothing was taken'] };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return {
      name: importer.name,
      taken: 0,
      problems: (error.details['problems'] as string[] | undefined) ?? [error.message],
    };
  }
}
