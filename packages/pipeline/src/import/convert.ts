import { applyKeyMap, applyKeyMaps, type TensorEntry } from '@crrg/checkpoints';
import {
  parseDetectorConfig,
  RGRG_DETECTOR_KEY_MAP,
  RGRG_DETECTOR_STAGE1_KEY_MAP,
  TORCHVISION_RESNET50_KEY_MAP,
} from '@crrg/detector';
import { RGRG_REGION_SELECTOR_KEY_MAP } from '@crrg/region-selector';
import { gpt2KeyMap, parseReportGenConfig, rgrgReportGenKeyMap } from '@crrg/report-gen';
import type { KeyMap } from '@crrg/tensor';
import { partSpecs, type Part } from '../models/model-part.js';
import { parseRrgConfig, rrgSpecs } from '../models/rrg-config.js';
import { checkKeys } from './check-keys.js';
import { inferDetector, inferLanguageModel, inferSelector, inferTrunk } from './infer-config.js';
import { mergeFields, notGiven, type Fields } from './merge-fields.js';
import { checkHubConfig, hintsOf } from './hub-config.js';
import type { ConvertOptions } from './convert-options.js';
import { isRclipKind, type ImportKind } from './kinds.js';
import { convertRclip } from './rclip.js';
import type { FoundModel, Tensors } from './state-dicts.js';

/** A checkpoint under our names. */
export interface Converted {
  readonly kind: ImportKind;
  readonly config: Fields;
  readonly weights: Map<string, TensorEntry>;
  /** Fields of the manifest that nothing told: `labels`, `config.detector.imageSize`. */
  readonly assumptions: readonly string[];
}

function withPrefix(prefix: string, tensors: Tensors): [string, TensorEntry][] {
  return [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor]);
}

function convertRgrg(entries: Tensors, given: Fields): Converted {
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
    'pipeline.importModel',
  );
  const detector = inferDetector(parts.detector);
  const language = inferLanguageModel(parts.reportGen, {
    numPositions: table ?? mask,
    regionFeatureDim: detector['regionFeatureDim'] as number,
  });
  const inferred = { detector, regionSelector: inferSelector(parts.regionSelector), reportGen: language };
  const config = parseRrgConfig(mergeFields(inferred, given));
  const weights = new Map(Object.entries(parts).flatMap(([part, tensors]) => withPrefix(part, tensors)));
  checkKeys(weights, rrgSpecs(config), 'pipeline.importModel');
  const assumptions = notGiven(given, 'detector.imageSize', 'reportGen.numHeads');
  return { kind: 'rgrg', config: { ...config }, weights, assumptions };
}

function convertPart(
  part: Part & ImportKind,
  prefix: string,
  entries: Tensors,
  map: KeyMap,
  configOf: (tensors: Tensors) => Fields,
  assumptions: readonly string[],
): Converted {
  const tensors = applyKeyMap(entries, map, undefined, 'pipeline.importModel');
  const config = { part, ...configOf(tensors) };
  const weights = new Map(withPrefix(prefix, tensors));
  checkKeys(weights, partSpecs(part, config), 'pipeline.importModel');
  return { kind: part, config, weights, assumptions };
}

function convertGpt2(entries: Tensors, { given, hub }: ConvertOptions): Converted {
  const numPositions = [...entries].find(([name]) => name.endsWith('wpe.weight'))?.[1].shape[0];
  const hints = hub ? hintsOf(hub) : {};
  const configOf = (tensors: Tensors) => {
    const inferred = inferLanguageModel(tensors, { numPositions, ...hints });
    if (hub) checkHubConfig('gpt2', hub, inferred);
    const fields = { ...inferred, positionTable: 'position' };
    return { reportGen: parseReportGenConfig(mergeFields(fields, given['reportGen'])) };
  };
  const assumptions = hints.numHeads === undefined ? notGiven(given, 'reportGen.numHeads') : [];
  return convertPart(
    'gpt2',
    'reportGen',
    entries,
    gpt2KeyMap({ positionTable: 'position' }),
    configOf,
    assumptions,
  );
}

/**
 * Renames the tensors of a checkpoint, strictly, and tells its architecture from their shapes. Nothing is read yet.
 * @throws {CheckpointError} that lists every tensor that does not fit, or every setting that cannot be computed
 * @throws {ConfigError} where the configuration is not valid
 */
export function convertCheckpoint({ kind, entries }: FoundModel, options: ConvertOptions): Converted {
  const { given } = options;
  if (isRclipKind(kind)) return { kind, ...convertRclip(kind, entries, options) };
  if (kind === 'rgrg') return convertRgrg(entries, given);
  if (kind === 'gpt2') return convertGpt2(entries, options);
  const isDetector = kind === 'detector';
  const map = isDetector ? RGRG_DETECTOR_STAGE1_KEY_MAP : TORCHVISION_RESNET50_KEY_MAP;
  const configOf = (tensors: Tensors) => ({
    detector: parseDetectorConfig(
      mergeFields(isDetector ? inferDetector(tensors) : inferTrunk(tensors), given['detector']),
    ),
  });
  const assumptions = isDetector ? notGiven(given, 'detector.imageSize') : [];
  return convertPart(kind, 'detector', entries, map, configOf, assumptions);
}
