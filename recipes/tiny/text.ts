import { createRandom, type Random } from '@crrg/core';
import {
  createTokenizer,
  languageModel,
  languageModelLoss,
  reportGenSpecs,
  trainBpe,
  type BpeVocabulary,
  type ReportGenConfig,
  type Tokenizer,
} from '@crrg/report-gen';
import { float32, initializeParameters, int32, type Backend, type HostTensor } from '@crrg/tensor';
import { adamw, createTrainStep, train, warmupCosine, type TrainListener } from '@crrg/train-loop';
import { allPhrases } from './phrases.js';

/**
 * The tokenizer of the demonstration model, learned from its phrases, each twice: pairs that occur once are not merged, and words in pieces would make
 * the lengths of wordings differ.
 */
export function trainTokenizer(): { vocabulary: BpeVocabulary; tokenizer: Tokenizer } {
  const vocabulary = trainBpe([...allPhrases(), ...allPhrases()], { vocabSize: 512 });
  return { vocabulary, tokenizer: createTokenizer(vocabulary) };
}

/** Begin, phrase, end. */
export function phraseTokens(phrase: string, tokenizer: Tokenizer, config: ReportGenConfig): number[] {
  return [config.bosTokenId, ...tokenizer.encode(phrase), config.eosTokenId];
}

/** GPT-2 learns the language of the phrases with the image switched off, as the reference starts from a pre-trained GPT-2. */
export async function pretrainText(
  config: ReportGenConfig,
  tokenizer: Tokenizer,
  options: {
    readonly backend: Backend;
    readonly seed: number;
    readonly epochs: number;
    readonly onProgress?: TrainListener | undefined;
  },
): Promise<Map<string, HostTensor>> {
  const specs = reportGenSpecs(config, { trainBase: true });
  const weights = initializeParameters(specs, createRandom(options.seed));
  const texts = allPhrases().map((phrase) => phraseTokens(phrase, tokenizer, config));
  const length = Math.max(...texts.map((tokens) => tokens.length));
  const step = await createTrainStep({
    backend: options.backend,
    specs,
    weights,
    optimizer: adamw(),
    inputs: {
      tokenIds: { shape: ['rows', length], dtype: 'int32' },
      attentionMask: { shape: ['rows', length] },
      regionFeatures: { shape: ['rows', config.regionFeatureDim] },
    },
    loss: (ops, { inputs, parameters }) => {
      const [tokenIds, attentionMask, regionFeatures] = [
        inputs['tokenIds']!,
        inputs['attentionMask']!,
        inputs['regionFeatures']!,
      ];
      const { logits } = languageModel(ops, parameters, { tokenIds, attentionMask, regionFeatures }, config);
      return { loss: languageModelLoss(ops, logits, tokenIds, attentionMask) };
    },
  });
  const pack = (rows: readonly (readonly number[])[]) => {
    const tokenIds = new Int32Array(rows.length * length).fill(config.padTokenId);
    const mask = new Float32Array(rows.length * length);
    rows.forEach((tokens, row) => {
      tokenIds.set(tokens, row * length);
      mask.fill(1, row * length, row * length + tokens.length);
    });
    return {
      tokenIds: int32([rows.length, length], tokenIds),
      attentionMask: float32([rows.length, length], mask),
      regionFeatures: float32(
        [rows.length, config.regionFeatureDim],
        new Float32Array(rows.length * config.regionFeatureDim),
      ),
    };
  };
  try {
    await train<Random>({
      step,
      data: (_epoch, random) => [random],
      prepare: (random) => pack(random.shuffle(texts)),
      schedule: warmupCosine({ learningRate: 2e-3, totalSteps: options.epochs, warmupSteps: 20 }),
      epochs: options.epochs,
      seed: options.seed,
      onProgress: options.onProgress,
    });
    return await step.exportParameters();
  } finally {
    step.dispose();
  }
}
