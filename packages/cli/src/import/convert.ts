import {
  applyKeyMap,
  applyKeyMaps,
  selectPrefix,
  type CheckpointValue,
  type TensorEntry,
} from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import {
  parseDetectorConfig,
  RGRG_DETECTOR_KEY_MAP,
  RGRG_DETECTOR_STAGE1_KEY_MAP,
  TORCHVISION_RESNET50_KEY_MAP,
} from '@crrg/detector';
import { parseRrgConfig, rrgSpecs } from '@crrg/pipeline';
import { RGRG_REGION_SELECTOR_KEY_MAP } from '@crrg/region-selector';
import { gpt2KeyMap, parseReportGenConfig, rgrgReportGenKeyMap } from '@crrg/report-gen';
import type { KeyMap } from '@crrg/tensor';
import { checkKeys } from './check-keys.js';
import {
  inferDetector,
  inferLanguageModel,
  inferSelector,
  inferTrunk,
  type LanguageHints,
  type TextHints,
} from './infer-config.js';
import { mergeFields, type Fields } from './merge-fields.js';
import { partSpecs, type Part } from './parts.js';
import { RCLIP_KINDS, convertRclip, isRclipKind } from './rclip.js';

type Tensors = ReadonlyMap<string, TensorEntry>;

/** What a checkpoint may be. */
export const KINDS = ['rgrg', 'detector', 'resnet50', 'gpt2', ...RCLIP_KINDS] as const;
/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** A checkpoint under our names. */
export interface Converted {
  readonly kind: Kind;
  readonly config: Fields;
  readonly weights: Map<string, TensorEntry>;
}

/** A name that only this kind of file has, at its very end. */
const MARKS: Readonly<Record<Kind, string>> = {
  rgrg: 'object_detector.backbone.0.weight',
  detector: 'roi_heads.box_head.fc6.weight',
  resnet50: 'layer4.0.conv1.weight',
  gpt2: 'h.0.attn.c_attn.weight',
  'cxr-clip': 'logit_scale',
  'cxr-clip-probe': 'classifier.classification_head.weight',
  bert: 'embeddings.word_embeddings.weight',
  'image-encoder': 'layer4.0.conv1.weight',
};

/** What may stand before all names of a Hugging Face model. */
const MODEL_PREFIXES: Readonly<Partial<Record<Kind, string>>> = { gpt2: 'transformer.', bert: 'bert.' };

/** What comes before the names of a state_dict inside a file: `model/`, or nothing. */
function prefixOf(entries: Tensors, mark: string): string | undefined {
  const found = [...entries.keys()].find((name) => name === mark || name.endsWith(`/${mark}`));
  return found?.slice(0, -mark.length);
}

function marksOf(kind: Kind): string[] {
  const prefix = MODEL_PREFIXES[kind];
  return prefix === undefined ? [MARKS[kind]] : [prefix + MARKS[kind], MARKS[kind]];
}

/** The kind of a checkpoint and the tensors of its model. @throws {CheckpointError} where none is recognised */
export function detectKind(entries: Tensors, wanted: Kind | 'auto'): { kind: Kind; entries: Tensors } {
  for (const kind of wanted === 'auto' ? KINDS : [wanted]) {
    for (const mark of marksOf(kind)) {
      const prefix = prefixOf(entries, mark);
      if (prefix !== undefined) return { kind, entries: selectPrefix(entries, prefix) };
    }
  }
  const some = [...entries.keys()].slice(0, 3).join(', ') || 'no tensors';
  throw new CheckpointError(
    `cli.import: expected ${wanted === 'auto' ? 'an RGRG model, a stage-1 detector, a torchvision ResNet, a GPT-2, CXR-CLIP or a BERT' : `a file of kind ${wanted}`}, got ${some} ...; use a file of a known layout.`,
  );
}

function withPrefix(prefix: string, tensors: Tensors): [string, TensorEntry][] {
  return [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor]);
}

function convertRgrg(entries: Tensors, given: Fields, hints: LanguageHints): Converted {
  const mask = [...entries].find(([name]) => name.endsWith('.attn.causal_mask'))?.[1].shape.at(-1);
  const table = entries.get('language_model.gpt_with_lm_head.transformer.wpe.weight')?.shape[0];
  const positionTable =
    (given['reportGen'] as Fields | undefined)?.['positionTable'] === 'position' ? 'position' : 'token';
  const parts = applyKeyMaps(
    entries,
    {
      detector: { map: RGRG_DETECTOR_KEY_MAP },
      regionSelector: { map: RGRG_REGION_SELECTOR_KEY_MAP },
      reportGen: { map: rgrgReportGenKeyMap({ positionTable }) },
    },
    'cli.import',
  );
  const detector = inferDetector(parts.detector);
  const language = inferLanguageModel(parts.reportGen, {
    numPositions: table ?? mask,
    ...hints,
    regionFeatureDim: detector['regionFeatureDim'] as number,
  });
  const inferred = { detector, regionSelector: inferSelector(parts.regionSelector), reportGen: language };
  const config = parseRrgConfig(mergeFields(inferred, given));
  const weights = new Map(Object.entries(parts).flatMap(([part, tensors]) => withPrefix(part, tensors)));
  checkKeys(weights, rrgSpecs(config), 'cli.import');
  return { kind: 'rgrg', config: { ...config }, weights };
}

function convertPart(
  part: Part,
  prefix: string,
  entries: Tensors,
  map: KeyMap,
  configOf: (tensors: Tensors) => Fields,
): Converted {
  const tensors = applyKeyMap(entries, map, undefined, 'cli.import');
  const config = { part, ...configOf(tensors) };
  const weights = new Map(withPrefix(prefix, tensors));
  checkKeys(weights, partSpecs(part, config), 'cli.import');
  return { kind: part, config, weights };
}

/**
 * Renames the tensors of a checkpoint, strictly, and tells its architecture from their shapes. Nothing is read yet.
 * @param given configuration that goes before what was inferred
 * @throws {CheckpointError} that lists every tensor that does not fit
 * @throws {ConfigError} where the configuration is not valid
 */
export function convertCheckpoint(
  all: Tensors,
  options: {
    readonly kind: Kind | 'auto';
    readonly given: Fields;
    readonly hints: LanguageHints & TextHints;
    /** What the file holds besides tensors. @defaultValue nothing */
    readonly values?: ReadonlyMap<string, CheckpointValue> | undefined;
  },
): Converted {
  const { kind, entries } = detectKind(all, options.kind);
  const { given, hints, values = new Map<string, CheckpointValue>() } = options;
  if (isRclipKind(kind)) return { kind, ...convertRclip(kind, entries, { given, values, hints }) };
  if (kind === 'rgrg') return convertRgrg(entries, given, hints);
  if (kind === 'gpt2') {
    const positions = [...entries].find(([name]) => name.endsWith('wpe.weight'))?.[1].shape[0];
    return convertPart(
      'gpt2',
      'reportGen',
      entries,
      gpt2KeyMap({ positionTable: 'position' }),
      (tensors) => ({
        reportGen: parseReportGenConfig(
          mergeFields(
            {
              ...inferLanguageModel(tensors, { numPositions: positions, ...hints }),
              positionTable: 'position',
            },
            given['reportGen'],
          ),
        ),
      }),
    );
  }
  const isDetector = kind === 'detector';
  const map = isDetector ? RGRG_DETECTOR_STAGE1_KEY_MAP : TORCHVISION_RESNET50_KEY_MAP;
  return convertPart(kind, 'detector', entries, map, (tensors) => ({
    detector: parseDetectorConfig(
      mergeFields(isDetector ? inferDetector(tensors) : inferTrunk(tensors), given['detector']),
    ),
  }));
}
