import { ConfigError, type AbortOptions, type ProgressListener } from '@crrg/core';
import { preprocessConfig, type PreprocessConfig } from '@crrg/image';
import type { ModelPart, ReportModel, RrgConfig, RrgPart } from '@crrg/pipeline';
import { loadStart, type LoadedStart } from '@crrg/pipeline/node';
import { createTokenizer, END_OF_TEXT, trainBpe, type BpeVocabulary, type Tokenizer } from '@crrg/report-gen';
import { startWeights, type StartWeights } from '../start-weights.js';

const WHERE = 'train.trainRrgOnStudies';

/** Something to start from: `tiny`, a bundle folder or an address, or a model or part in memory. */
export type RrgStart = string | URL | ReportModel | ModelPart;

/** Where a training of the report model starts. */
export interface RrgStartOptions {
  /**
   * A whole report model, parts (`resnet50`, `detector`, `selector`, `gpt2`), or parts over a whole model.
   * @defaultValue none: everything is drawn from the seed
   */
  readonly start?: readonly RrgStart[] | undefined;
  /** Configuration by network, before that of the start. @defaultValue that of the start, else the paper's */
  readonly config?: { readonly [Network in RrgPart]?: object } | undefined;
  /** Tokens of the vocabulary that is learned where no start has a language model. @defaultValue 4096 */
  readonly vocabularySize?: number | undefined;
  /** Trains GPT-2 itself. @defaultValue true where no start has one */
  readonly trainLanguageModel?: boolean | undefined;
}

/** The report model that training starts from. */
export interface RrgStartModel extends StartWeights<RrgConfig> {
  /** `resnet50 1 + gpt2 1`; `nothing` where everything was drawn. */
  readonly name: string;
  readonly preprocessing: PreprocessConfig;
  /** Undefined where the stages read no text. */
  readonly tokenizer: Tokenizer | undefined;
  readonly vocabulary: BpeVocabulary | undefined;
  readonly trainLanguageModel: boolean;
  /** True where the vocabulary was learned from the phrases. */
  readonly isNewVocabulary: boolean;
}

/** What {@link loadRrgStart} needs besides the options. */
export interface LoadStartOptions extends AbortOptions {
  readonly seed: number;
  /** That the stages run. */
  readonly networks: readonly RrgPart[];
  /** Of the split train, for a vocabulary of their own. */
  readonly phrases: () => Iterable<string>;
  readonly onProgress?: ProgressListener | undefined;
}

async function load(start: RrgStart, options: LoadStartOptions): Promise<LoadedStart> {
  if (typeof start === 'string' || start instanceof URL) return loadStart(start, options);
  return 'part' in start ? { part: start } : { model: start };
}

/** @throws {ConfigError} for two that would fill the same place */
function only<T>(found: readonly T[], what: string): T | undefined {
  if (found.length <= 1) return found[0];
  throw new ConfigError(
    `${WHERE}: expected one ${what} to \`start\` from, got ${found.length}; leave out all but one.`,
  );
}

function sort(loaded: readonly LoadedStart[]) {
  const part = (kind: ModelPart['part']) =>
    only(
      loaded.flatMap((each) => ('part' in each && each.part.part === kind ? [each.part] : [])),
      kind,
    );
  return {
    model: only(
      loaded.flatMap((each) => ('model' in each ? [each.model] : [])),
      'whole report model',
    ),
    backbone: part('resnet50'),
    detector: part('detector'),
    selector: part('selector'),
    languageModel: part('gpt2'),
  };
}

type Starts = ReturnType<typeof sort>;

/** Default of a small language model that knows only the phrases of reports. */
const VOCABULARY_SIZE = 4096;

/** Sizes of the configuration that follow from a vocabulary. */
function vocabularyFields({ vocab }: BpeVocabulary): object {
  const end = vocab[END_OF_TEXT]!;
  return {
    vocabSize: Object.keys(vocab).length,
    ...{ bosTokenId: end, eosTokenId: end, padTokenId: end },
  };
}

/** The tokenizer of a start with a language model. @throws {ConfigError} where it has none */
function givenTokenizer({ model, languageModel }: Starts): Tokenizer {
  const tokenizer = languageModel ? (languageModel.bytePairs ?? model?.tokenizer) : model!.tokenizer;
  if (tokenizer?.vocabulary) return tokenizer;
  throw new ConfigError(
    `${WHERE}: expected a language model with its tokenizer to \`start\` from, got one without; import it with --vocab vocab.json --merges merges.txt.`,
  );
}

function requireVocabularySize(tokenizer: Tokenizer, { reportGen }: RrgConfig): void {
  if (tokenizer.vocabSize === reportGen.vocabSize) return;
  throw new ConfigError(
    `${WHERE}: expected a tokenizer of ${reportGen.vocabSize} tokens, got ${tokenizer.vocabSize}; start from a language model with its own tokenizer.`,
  );
}

const nameOf = (starts: Starts) =>
  Object.values(starts)
    .flatMap((each) => (each ? [`${each.name} ${each.version}`] : []))
    .join(' + ') || 'nothing';

/**
 * Puts together what training starts from; what is missing is drawn from the seed and named in `fresh`. Where the stages write text and no start
 * has a language model, a vocabulary is learned from the phrases and the language model is to be trained too.
 * @throws {ConfigError} for starts that do not go together
 * @throws {CheckpointError} for tensors that do not fit the configuration
 */
export async function loadRrgStart(
  { start = [], config: given, vocabularySize, trainLanguageModel }: RrgStartOptions,
  options: LoadStartOptions,
): Promise<RrgStartModel> {
  const loaded: LoadedStart[] = [];
  for (const each of start) loaded.push(await load(each, options));
  const starts = sort(loaded);
  const writesText = options.networks.includes('reportGen');
  const isNewVocabulary = writesText && !starts.model && !starts.languageModel;
  if (vocabularySize !== undefined && !isNewVocabulary)
    throw new ConfigError(
      `${WHERE}: expected \`vocabularySize\` only where a language model is trained from nothing, got ${vocabularySize}; leave it out.`,
    );
  const ownSize = (given?.reportGen as { readonly vocabSize?: number } | undefined)?.vocabSize;
  const learned = isNewVocabulary
    ? trainBpe(options.phrases(), { vocabSize: vocabularySize ?? ownSize ?? VOCABULARY_SIZE })
    : undefined;
  const { onProgress: _, phrases: __, signal: ___, ...rest } = options;
  const weights = startWeights({
    ...starts,
    ...rest,
    config: learned
      ? {
          ...given,
          reportGen: { positionTable: 'position', ...given?.reportGen, ...vocabularyFields(learned) },
        }
      : given,
  });
  const tokenizer = learned ? createTokenizer(learned) : writesText ? givenTokenizer(starts) : undefined;
  if (tokenizer) requireVocabularySize(tokenizer, weights.config);
  return {
    ...weights,
    name: nameOf(starts),
    preprocessing: preprocessConfig({
      ...starts.model?.preprocessing,
      ...(starts.selector ?? starts.detector)?.preprocessing,
      size: weights.config.detector.imageSize,
    }),
    tokenizer,
    vocabulary: learned ?? tokenizer?.vocabulary,
    trainLanguageModel: trainLanguageModel ?? isNewVocabulary,
    isNewVocabulary,
  };
}
