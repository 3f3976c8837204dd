import { storedTensor, type StoredTensor, type TorchValue } from '@crrg/checkpoints';
import { ConfigError } from '@crrg/core';
import { DEFAULT_DETECTOR_CONFIG, parseDetectorConfig } from '@crrg/detector';
import { RGRG_PREPROCESSING } from '@crrg/image';
import { RGRG_UNREAD_NAMES, rgrgAliasNames, type ReportGenConfig } from '@crrg/report-gen';
import { parseRrgConfig } from '../models/rrg-config.js';
import { differenceNotes } from './differences.js';
import type { ExportedWeights, ExportSource } from './exported-weights.js';
import { toReferenceNames } from './reference-names.js';
import { floatsOf, withBatchCounters, zerosOf, type StateDictionary } from './state-dict.js';

const PROGRAM = 'the program of RGRG';
/** RGRG keeps the weight of the positive term of a classifier's loss with its parameters. */
const POSITIVE_WEIGHTS = { selection: 2.2, abnormal: 6 };
const MASK_OUT = -10000;

const POSITION_TABLE =
  'pipeline.exportModel: expected positions that are looked up in the token table, as the program of RGRG does, got a model with reportGen.positionTable "position"; it would compute something else there, export with --to safetensors or --to onnx, or train with "token" in --config.';

/** 1 where a token may see another, `[1, 1, positions, positions]`. */
function causalMask(positions: number): StoredTensor {
  const bytes = Uint8Array.from({ length: positions ** 2 }, (_, at) =>
    at % positions <= Math.floor(at / positions) ? 1 : 0,
  );
  return storedTensor('uint8', [1, 1, positions, positions], bytes);
}

/** What the language model's state holds besides parameters. */
function unreadTensors({ numPositions, numLayers, width }: ReportGenConfig): StateDictionary {
  const mask = causalMask(numPositions);
  const ownMask = (): StoredTensor => ({ ...mask });
  const layers = Array.from({ length: numLayers }, (_, layer): [string, StoredTensor][] => [
    [RGRG_UNREAD_NAMES.causalMask(layer), ownMask()],
    [RGRG_UNREAD_NAMES.maskOutValue(layer), floatsOf([], [MASK_OUT])],
  ]);
  return new Map([[RGRG_UNREAD_NAMES.positionTable, zerosOf([numPositions, width])], ...layers.flat()]);
}

function withAliases(state: StateDictionary): StateDictionary {
  return new Map(
    [...state].flatMap(([name, tensor]) =>
      [name, ...rgrgAliasNames(name)].map((each): [string, StoredTensor] => [each, tensor]),
    ),
  );
}

function positiveWeights(): StateDictionary {
  return new Map(
    Object.entries(POSITIVE_WEIGHTS).map(([classifier, weight]) => [
      `binary_classifier_region_${classifier}.loss_fn.pos_weight`,
      floatsOf([1], [weight]),
    ]),
  );
}

function wholeModel({ entries, manifest }: ExportSource): ExportedWeights {
  const config = parseRrgConfig(manifest.config);
  if (config.reportGen.positionTable === 'position') throw new ConfigError(POSITION_TABLE);
  const named = withBatchCounters(toReferenceNames(entries, 'report-model'));
  const state = withAliases(new Map([...named, ...positiveWeights(), ...unreadTensors(config.reportGen)]));
  const { mean, std } = RGRG_PREPROCESSING;
  const fixed = { ...parseRrgConfig({}), preprocessing: { mean, std } };
  const { mean: ownMean = mean, std: ownStd = std } = manifest.preprocessing;
  const own = { ...config, preprocessing: { mean: ownMean, std: ownStd } };
  return {
    value: new Map<string, TorchValue>([['model', state]]),
    tensorCount: state.size,
    notes: [
      'not in the model, so not in the file: optimizer, scaler, current_epoch, overall_steps_taken, lowest_val_loss; a training there starts from these weights, it does not go on',
      `filled in: num_batches_tracked 0, transformer.wpe.weight 0 (nothing reads it), loss_fn.pos_weight ${Object.values(POSITIVE_WEIGHTS).join(' and ')} (those of RGRG; a training there uses them)`,
      ...differenceNotes(PROGRAM, own, fixed),
    ],
  };
}

function stageOne({ entries, manifest }: ExportSource): ExportedWeights {
  const state = withBatchCounters(toReferenceNames(entries, 'detector'));
  const config = parseDetectorConfig(manifest.config['detector']);
  return {
    value: state,
    tensorCount: state.size,
    notes: [
      'filled in: num_batches_tracked 0',
      ...differenceNotes(PROGRAM, { detector: config }, { detector: DEFAULT_DETECTOR_CONFIG }),
    ],
  };
}

/**
 * A file of RGRG: that of a whole model (`{ "model": state }`, every tensor of the language model under all its names, which share memory), or
 * the bare state of a stage-1 detector.
 * @throws {ConfigError} for another kind of model, or one that RGRG's program cannot compute
 */
export function toRgrg(source: ExportSource): ExportedWeights {
  if (source.kind === 'report-model') return wholeModel(source);
  if (source.kind === 'detector') return stageOne(source);
  throw new ConfigError(
    `pipeline.exportModel: \`to\` rgrg: expected a report model or a detector, got ${source.manifest.name}, which is a ${source.kind}; use safetensors.`,
  );
}
