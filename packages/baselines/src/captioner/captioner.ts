import { ConfigError, DisposedError, disposeSymbol, type AbortOptions } from '@crrg/core';
import { decodeSequences } from '@crrg/report-gen';
import { checkStateDict, type Backend, type Executable, type HostTensor, type StateDict } from '@crrg/tensor';
import { END_ID, type WordVocabulary } from '../words/vocabulary.js';
import type { CaptionerConfig } from './config.js';
import { traceImages, traceWord } from './graphs.js';
import { captionerSpecs } from './specs.js';
import { startWordModel, type CaptionerGraphs } from './word-model.js';

const DEFAULT_BEAMS = 3;

/** What {@link createCaptioner} needs. */
export interface CaptionerOptions extends AbortOptions {
  readonly config: CaptionerConfig;
  /** By the names of `captionerSpecs`. */
  readonly weights: StateDict;
  readonly vocabulary: WordVocabulary;
  /** Stays the caller's. */
  readonly backend: Backend;
  /** The most beams that a call may ask for. @defaultValue 3 */
  readonly maxBeams?: number | undefined;
}

/** Settings of one description. */
export interface DescribeOptions extends AbortOptions {
  /** 1 is greedy search. @defaultValue 3, or `maxBeams` where fewer */
  readonly numBeams?: number | undefined;
}

/** What a captioner says of an image. */
export interface Caption {
  readonly text: string;
  /** Without beginning and end. */
  readonly wordIds: readonly number[];
  /** False where the length limit cut it. */
  readonly isComplete: boolean;
  /** Mean natural log-probability of the words. */
  readonly meanLogProb: number;
}

/** A compiled captioner. */
export interface Captioner extends Disposable {
  readonly config: CaptionerConfig;
  /**
   * The caption of each image of `[B, 3, S, S]`, normalised.
   * @throws {BackendError} where a word's probability is not finite, as with damaged weights; `signal.reason` on abort
   */
  describe(images: HostTensor<'float32'>, options?: DescribeOptions): Promise<Caption[]>;
  dispose(): void;
}

function checkOptions({ config, weights, vocabulary }: CaptionerOptions, maxBeams: number): void {
  const where = 'baselines.createCaptioner';
  if (vocabulary.words.length !== config.vocabSize)
    throw new ConfigError(
      `${where}: expected ${config.vocabSize} words, got ${vocabulary.words.length}; take the words of the model.`,
    );
  const most = Math.floor(config.vocabSize / 2);
  if (!Number.isSafeInteger(maxBeams) || maxBeams < 1 || maxBeams > most)
    throw new ConfigError(
      `${where}: \`maxBeams\` must be an integer in [1, ${most}], got ${maxBeams}; ask for fewer.`,
    );
  checkStateDict(captionerSpecs(config), weights, where);
}

async function compileGraphs(options: CaptionerOptions, maxBeams: number): Promise<CaptionerGraphs> {
  const { backend, config, weights, signal } = options;
  const compile = async (name: string, graph: Executable['graph']) => {
    const used = graph.inputs.filter(({ kind }) => kind === 'parameter').map((input) => input.name);
    const bound = new Map(used.map((parameter) => [parameter, weights.get(parameter)!]));
    return backend.compile(graph, { name, weights: bound, signal });
  };
  const images = await compile('captioner.images', traceImages(config));
  try {
    return { images, word: await compile('captioner.word', traceWord(config, 2 * maxBeams)) };
  } catch (error) {
    images.dispose();
    throw error;
  }
}

/**
 * Compiles a captioner. Calls must not overlap.
 * @throws {CheckpointError} where the weights do not fit the configuration
 * @throws {ConfigError} where the vocabulary or `maxBeams` does not
 *
 * @example
 * ```ts
 * const captioner = await createCaptioner({ config, weights, vocabulary, backend });
 * const [caption] = await captioner.describe(images, { numBeams: 3 });
 * captioner.dispose();
 * ```
 */
export async function createCaptioner(options: CaptionerOptions): Promise<Captioner> {
  const { config, vocabulary } = options;
  const maxBeams = options.maxBeams ?? Math.min(DEFAULT_BEAMS, Math.floor(config.vocabSize / 2));
  checkOptions(options, maxBeams);
  const graphs = await compileGraphs(options, maxBeams);
  let isDisposed = false;
  const describe: Captioner['describe'] = async (images, { numBeams = maxBeams, signal } = {}) => {
    if (isDisposed) throw new DisposedError('baselines.describe');
    if (!Number.isSafeInteger(numBeams) || numBeams < 1 || numBeams > maxBeams)
      throw new ConfigError(
        `baselines.describe: \`numBeams\` must be an integer in [1, ${maxBeams}], got ${numBeams}; ask for fewer, or raise \`maxBeams\`.`,
      );
    const model = await startWordModel(graphs, config, images);
    try {
      const found = await decodeSequences(model, images.shape[0]!, {
        numBeams,
        maxLength: config.maxLength + 1,
        earlyStopping: false,
        numReturnSequences: 1,
        bosTokenId: END_ID,
        eosTokenId: END_ID,
        signal,
      });
      return found.map(([best]) => {
        const wordIds = best!.tokenIds.slice(1).filter((id) => id !== END_ID);
        const { isComplete, meanTokenLogProb } = best!;
        return { text: vocabulary.decode(wordIds), wordIds, isComplete, meanLogProb: meanTokenLogProb };
      });
    } finally {
      model.dispose();
    }
  };
  const dispose = () => {
    if (isDisposed) return;
    isDisposed = true;
    graphs.images.dispose();
    graphs.word.dispose();
  };
  return { config, describe, dispose, [disposeSymbol]: dispose };
}
