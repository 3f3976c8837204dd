import {
  ConfigError,
  DisposedError,
  ShapeError,
  type AbortOptions,
  type ProgressListener,
  type WarningListener,
} from '@crrg/core';
import {
  checkStateDict,
  type Backend,
  type Executable,
  type ParameterSpecs,
  type StateDict,
  type WeightDTypeChoice,
} from '@crrg/tensor';
import type { ReportGenConfig } from '../config.js';
import { checkSearchOptions, decodeSequences, type DecodeOptions } from '../search/decode.js';
import type { Hypothesis } from '../search/search.js';
import { baseSpecs, imageSpecs, reportGenSpecs } from '../specs.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { startCachedModel, type GenerationGraphs } from './cached-model.js';
import {
  TOKENS_PER_RUN,
  traceCompaction,
  traceDecodeStep,
  traceGreedySteps,
  traceMerge,
  tracePrefill,
} from './graphs.js';

/** How the weights of the generator are kept: in float32, or with integers of 8 or of 4 bits. */
export type ReportGenDType = keyof typeof WEIGHT_DTYPES;

/** The token table gives the words' scores, which are close to each other: one scale for all of a step's rows moves greedy search. */
const ofTable = (parameter: string): boolean => parameter === 'tokenTable.weight';

const WEIGHT_DTYPES = {
  fp32: undefined,
  q8: (parameter: string) => (ofTable(parameter) ? 'q8-blocks' : 'q8'),
  q4: (parameter: string) => (ofTable(parameter) ? 'q8-blocks' : 'q4-blocks'),
} satisfies Record<string, WeightDTypeChoice | undefined>;

/** The names of {@link ReportGenDType}. */
export const REPORT_GEN_DTYPES = Object.keys(WEIGHT_DTYPES) as readonly ReportGenDType[];

/** How each parameter is kept, for whoever compiles graphs of the network; undefined: as the backend does by itself. */
export function weightDTypesOf(dtype: ReportGenDType): WeightDTypeChoice | undefined {
  return WEIGHT_DTYPES[dtype];
}

/** What {@link createReportGenerator} needs. */
export interface ReportGeneratorOptions extends AbortOptions {
  readonly config: ReportGenConfig;
  /** Weights by the names of {@link reportGenSpecs}. */
  readonly weights: StateDict;
  readonly tokenizer: Tokenizer;
  /** Stays the caller's. */
  readonly backend: Backend;
  /** The most beams that a call may ask for. @defaultValue 4 */
  readonly maxBeams?: number | undefined;
  /**
   * How weight matrices are kept. With `q8` the words that a region gets may depend a little on which regions are written beside it.
   * @defaultValue 'fp32'
   */
  readonly dtype?: ReportGenDType | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** Settings of one generation. The defaults are the reference's. */
export interface GenerateOptions extends AbortOptions {
  /** 1 is greedy search. @defaultValue 4, or `maxBeams` where fewer */
  readonly numBeams?: number | undefined;
  /** Longest sentence in tokens, counting the beginning of text. @defaultValue 300, or the positions of the model where fewer */
  readonly maxLength?: number | undefined;
  /** Stop a region at `numBeams` finished texts. @defaultValue true */
  readonly earlyStopping?: boolean | undefined;
  /**
   * Receives a `token` event per step. Where the backend prefers long runs, those of greedy search come 8 at once, and so late may an abort
   * be heard.
   */
  readonly onProgress?: ProgressListener | undefined;
}

/** What one region says. */
export interface GeneratedSentence {
  /** With the beginning of text, and its end where the model ended the text itself. */
  readonly tokenIds: readonly number[];
  readonly text: string;
  /** Mean natural log-probability of the generated tokens. */
  readonly meanTokenLogProb: number;
}

/** Settings of {@link ReportGenerator.generate}. */
export interface GenerateSentencesOptions extends GenerateOptions {
  /**
   * Hears of each sentence as soon as it is finished, in the step in which its region has left the batch, with the region's row. What
   * it throws ends the generation.
   */
  readonly onSentence?: ((row: number, sentence: GeneratedSentence) => void) | undefined;
}

/** A compiled sentence generator. */
export interface ReportGenerator {
  readonly config: ReportGenConfig;
  /**
   * The sentence of each region.
   * @param regionFeatures `[S, F]`; S may be 0
   * @throws {ShapeError} where the features do not fit; `signal.reason` on abort
   * @throws {BackendError} where a word's probability is not finite, as with damaged weights
   */
  generate(regionFeatures: Float32Array, options?: GenerateSentencesOptions): Promise<GeneratedSentence[]>;
  /** The best `numReturnSequences` texts of each region, best first. */
  search(regionFeatures: Float32Array, options?: SearchSettings): Promise<Hypothesis[][]>;
  dispose(): void;
}

type SearchSettings = GenerateOptions & { readonly numReturnSequences?: number | undefined };

const DEFAULT_MAX_LENGTH = 300;
const DEFAULT_BEAMS = 4;

function pick(weights: StateDict, specs: ParameterSpecs): StateDict {
  return new Map(Object.keys(specs).map((name) => [name, weights.get(name)!]));
}

async function compileGraphs(options: ReportGeneratorOptions, maxBeams: number): Promise<GenerationGraphs> {
  const { backend, config, weights, dtype = 'fp32', signal, onWarning } = options;
  const compiled: Executable[] = [];
  const compile = async (name: string, graph: Executable['graph'], specs: ParameterSpecs) => {
    const executable = await backend.compile(graph, {
      name,
      weights: pick(weights, specs),
      weightDType: weightDTypesOf(dtype),
      fewRows: true,
      signal,
      onWarning,
    });
    compiled.push(executable);
    return executable;
  };
  const numCandidates = 2 * maxBeams;
  const greedySteps = () =>
    compile(
      'reportGen.greedySteps',
      traceGreedySteps(config, { numCandidates, numTokens: TOKENS_PER_RUN }),
      baseSpecs(config),
    );
  try {
    return {
      prefill: await compile('reportGen.prefill', tracePrefill(config), imageSpecs(config)),
      decodeStep: await compile(
        'reportGen.decodeStep',
        traceDecodeStep(config, numCandidates),
        baseSpecs(config),
      ),
      greedySteps: backend.prefersLongRuns ? await greedySteps() : undefined,
      compaction: await compile('reportGen.compaction', traceCompaction(config), {}),
      merge: await compile('reportGen.merge', traceMerge(config), {}),
    };
  } catch (error) {
    for (const executable of compiled) executable.dispose();
    throw error;
  }
}

function checkOptions(
  { config, weights, tokenizer, dtype = 'fp32' }: ReportGeneratorOptions,
  maxBeams: number,
): void {
  const where = 'report-gen.createReportGenerator';
  if (!Object.hasOwn(WEIGHT_DTYPES, dtype))
    throw new ConfigError(
      `${where}: dtype must be ${REPORT_GEN_DTYPES.join(', ')}, got ${JSON.stringify(dtype)}; choose one of them.`,
    );
  if (!Number.isSafeInteger(maxBeams) || maxBeams < 1 || 2 * maxBeams > config.vocabSize)
    throw new ConfigError(
      `${where}: maxBeams must be an integer in [1, ${Math.floor(config.vocabSize / 2)}], got ${maxBeams}; ask for fewer.`,
    );
  if (tokenizer.vocabSize > config.vocabSize)
    throw new ConfigError(
      `${where}: expected a tokeniser of at most ${config.vocabSize} tokens, got ${tokenizer.vocabSize}; use the tokeniser of the model.`,
    );
  checkStateDict(reportGenSpecs(config), weights, where);
}

/**
 * Compiles the sentence generator.
 * @throws {CheckpointError} where the weights do not fit the configuration
 * @throws {ConfigError} where the tokeniser, `maxBeams` or `dtype` does not
 *
 * @example
 * ```ts
 * const generator = await createReportGenerator({ config, weights, tokenizer, backend });
 * const sentences = await generator.generate(regionFeatures, { numBeams: 4 });
 * generator.dispose();
 * ```
 */
export async function createReportGenerator(options: ReportGeneratorOptions): Promise<ReportGenerator> {
  const { config, tokenizer, backend, maxBeams = DEFAULT_BEAMS } = options;
  checkOptions(options, maxBeams);
  const graphs = await compileGraphs(options, maxBeams);
  let isDisposed = false;

  const search = async (
    regionFeatures: Float32Array,
    settings: SearchSettings,
    onDone?: DecodeOptions['onDone'],
  ): Promise<Hypothesis[][]> => {
    if (isDisposed) throw new DisposedError('report-gen.generate');
    const { bosTokenId, eosTokenId, numPositions } = config;
    const searchOptions = {
      numBeams: settings.numBeams ?? Math.min(DEFAULT_BEAMS, maxBeams),
      maxLength: settings.maxLength ?? Math.min(DEFAULT_MAX_LENGTH, numPositions),
      earlyStopping: settings.earlyStopping ?? true,
      numReturnSequences: settings.numReturnSequences ?? 1,
      bosTokenId,
      eosTokenId,
    };
    checkSearchOptions('report-gen.generate', searchOptions, { maxBeams, maxLength: numPositions });
    checkFeatures(regionFeatures, config);
    if (regionFeatures.length === 0) return [];
    const greedyTokens = searchOptions.numBeams === 1 ? searchOptions.maxLength - 1 : 0;
    const model = await startCachedModel(graphs, config, regionFeatures, { backend, greedyTokens });
    try {
      const count = regionFeatures.length / config.regionFeatureDim;
      const { signal, onProgress } = settings;
      return await decodeSequences(model, count, { ...searchOptions, signal, onProgress, onDone });
    } finally {
      model.dispose();
    }
  };

  return {
    config,
    search: (regionFeatures, settings = {}) => search(regionFeatures, settings),
    generate: async (regionFeatures, { onSentence, ...settings } = {}) => {
      const sentences: GeneratedSentence[] = [];
      await search(regionFeatures, settings, (row, [best]) => {
        const { tokenIds, meanTokenLogProb } = best!;
        sentences[row] = { tokenIds, text: tokenizer.decode(tokenIds), meanTokenLogProb };
        onSentence?.(row, sentences[row]);
      });
      return sentences;
    },
    dispose: () => {
      if (isDisposed) return;
      isDisposed = true;
      for (const graph of Object.values(graphs) as (Executable | undefined)[]) graph?.dispose();
    },
  };
}

function checkFeatures(regionFeatures: Float32Array, { regionFeatureDim }: ReportGenConfig): void {
  if (regionFeatures.length % regionFeatureDim !== 0)
    throw new ShapeError(
      `report-gen.generate: regionFeatures must be [S, ${regionFeatureDim}], got ${regionFeatures.length} numbers; pass whole rows.`,
    );
}
