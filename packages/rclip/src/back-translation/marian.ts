import { ConfigError, DataError, DisposedError, type WarningListener } from '@crrg/core';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TranslateOptions, Translator } from './back-translate.js';
import { translateWithBeams } from './beam-translation.js';
import { createSampler } from './sampler.js';
import {
  importTransformers,
  quietly,
  type TransformersModule,
  type TransformersSeq2Seq,
  type TransformersTensor,
  type TransformersTokenizer,
} from './transformers-module.js';

/** Which model translates, and how. */
export interface MarianTranslatorOptions {
  /**
   * A folder with a Marian model as transformers.js reads it (`config.json`, `tokenizer.json`, `onnx/`), or the name of one on the
   * Hugging Face hub. The reference's models are Helsinki-NLP's `opus-mt-en-it` and `opus-mt-it-en`.
   */
  readonly model: string;
  /** Where there is no such folder, ask the hub for a model of that name. @defaultValue false */
  readonly isDownloadAllowed?: boolean | undefined;
  /** Divides the logits before sampling; 0 takes the most likely word every time. @defaultValue 1.5 */
  readonly temperature?: number | undefined;
  /** Only so many of the most likely tokens may be drawn. @defaultValue 50 */
  readonly topK?: number | undefined;
  /** Beams that are sampled together; the reference has 5. Each takes the time of a text. @defaultValue 1 */
  readonly numBeams?: number | undefined;
  /** Longest text and longest translation, in tokens with the end of text. @defaultValue 512 */
  readonly maxTokens?: number | undefined;
  /** Which of the model's files to load: `fp32`, `q8`, ... @defaultValue 'fp32' */
  readonly dtype?: string | undefined;
  /** Hears of texts and translations that are longer than `maxTokens`, of which only the beginning is kept. */
  readonly onWarning?: WarningListener | undefined;
  /** transformers.js itself. @defaultValue the installed package `@huggingface/transformers` */
  readonly transformers?: TransformersModule | undefined;
}

/** A {@link Translator} that holds a model. */
export interface MarianTranslator extends Translator {
  /** Frees the model; translating afterwards throws `DisposedError`. */
  dispose(): Promise<void>;
}

/** A loaded model with what its calls need. */
interface Loaded {
  readonly tokenizer: TransformersTokenizer;
  readonly model: TransformersSeq2Seq;
  readonly endId: number;
  readonly padId: number;
  readonly startId: number;
  readonly makeTensor: (rows: readonly (readonly number[])[]) => TransformersTensor;
  readonly makeFloats: (data: Float32Array, dims: number[]) => TransformersTensor;
}

/** The settings of {@link MarianTranslatorOptions} that decide what is drawn. */
type Sampling = Readonly<Record<'temperature' | 'topK' | 'maxTokens' | 'numBeams', number>>;

const WHERE = 'rclip.loadMarianTranslator';

/**
 * A translator over a Marian model through transformers.js, an optional peer. It samples with the seeds it is given.
 *
 * Source: docs/reference/rclip.md#back-translation. The reference combines sampling from the 50 most likely tokens with a beam of 5
 * (`numBeams`); by default each text is sampled once.
 * @throws `BackendError` where transformers.js is not installed
 * @throws {@link ConfigError} for unusable settings
 * @throws {@link DataError} where the model cannot be loaded
 */
export async function loadMarianTranslator(options: MarianTranslatorOptions): Promise<MarianTranslator> {
  const { model, temperature = 1.5, topK = 50, maxTokens = 512, dtype = 'fp32', onWarning } = options;
  const { numBeams = 1 } = options;
  const sampling = { temperature, topK, maxTokens, numBeams };
  assertSettings(sampling);
  const transformers = options.transformers ?? (await importTransformers());
  const loaded = await load(transformers, await resolveModel(options), dtype);
  let isDisposed = false;
  return {
    id: JSON.stringify({
      marian: model,
      dtype,
      temperature,
      topK,
      maxTokens,
      ...(numBeams > 1 && { numBeams }),
    }),
    translate: async (texts, { seeds, signal }) => {
      if (isDisposed) throw new DisposedError('rclip.MarianTranslator');
      signal?.throwIfAborted();
      assertSeeds(texts, seeds);
      if (texts.length === 0) return [];
      const rows = encode(loaded, texts, maxTokens, onWarning);
      const settings = { ...sampling, seeds, signal, onWarning };
      return numBeams > 1 ? generateWithBeams(loaded, rows, settings) : generate(loaded, rows, settings);
    },
    dispose: async () => {
      if (isDisposed) return;
      isDisposed = true;
      await loaded.model.dispose();
    },
  };
}

function assertSettings({ temperature, topK, maxTokens, numBeams }: Sampling): void {
  const bad = [
    temperature >= 0 && Number.isFinite(temperature)
      ? ''
      : `temperature ${temperature} (a number of at least 0)`,
    Number.isSafeInteger(topK) && topK > 0 ? '' : `topK ${topK} (a positive integer)`,
    Number.isSafeInteger(numBeams) && numBeams > 0 ? '' : `numBeams ${numBeams} (a positive integer)`,
    numBeams === 1 || temperature !== 0 ? '' : 'temperature 0 with several beams (a number above 0)',
    Number.isSafeInteger(maxTokens) && maxTokens > 1
      ? ''
      : `maxTokens ${maxTokens} (an integer of at least 2)`,
  ].filter(Boolean);
  if (bad.length > 0)
    throw new ConfigError(`${WHERE}: expected usable settings, got ${bad.join(', ')}; correct them.`);
}

function assertSeeds(texts: readonly string[], seeds: readonly number[]): void {
  if (texts.length === seeds.length) return;
  throw new ConfigError(
    `rclip.MarianTranslator: expected a seed for each of ${texts.length} texts, got ${seeds.length}; give one per text.`,
  );
}

/** The absolute path of a folder with the files of a model, or the name of one on the hub where that is allowed. */
async function resolveModel({ model, isDownloadAllowed }: MarianTranslatorOptions): Promise<string> {
  const names = await readdir(model).catch(() => undefined);
  if (!names && isDownloadAllowed) return model;
  const missing = ['config.json', 'tokenizer.json', 'onnx'].filter((name) => !names?.includes(name));
  if (missing.length === 0) return resolve(model);
  const got = names ? `one without ${missing.join(', ')}` : 'none';
  throw new DataError(
    `${WHERE}: expected a folder with a Marian model at ${resolve(model)}, got ${got}; convert one for transformers.js, or set isDownloadAllowed to take it from the hub.`,
  );
}

async function load(transformers: TransformersModule, path: string, dtype: string): Promise<Loaded> {
  const options = { dtype };
  const { AutoTokenizer, AutoModelForSeq2SeqLM, Tensor } = transformers;
  try {
    const tokenizer = (await quietly(transformers, () =>
      AutoTokenizer.from_pretrained(path, options),
    )) as TransformersTokenizer;
    const model = (await quietly(transformers, () =>
      AutoModelForSeq2SeqLM.from_pretrained(path, options),
    )) as TransformersSeq2Seq;
    return {
      tokenizer,
      model,
      endId: tokenOf(model, 'eos_token_id'),
      padId: tokenOf(model, 'pad_token_id'),
      startId: tokenOf(model, 'decoder_start_token_id'),
      makeFloats: (data, dims) => new Tensor('float32', data, dims) as TransformersTensor,
      makeTensor: (rows) => {
        const cells = BigInt64Array.from(rows.flat(), BigInt);
        return new Tensor('int64', cells, [rows.length, rows[0]!.length]) as TransformersTensor;
      },
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new DataError(
      `${WHERE}: expected a Marian model at ${path}, got "${reason}"; check its files, or the network where it comes from the hub.`,
      { cause },
    );
  }
}

function tokenOf(model: TransformersSeq2Seq, name: string): number {
  const id = model.config[name];
  if (typeof id === 'number') return id;
  throw new TypeError(`no ${name} in its configuration`);
}

/** Token ids of every text with the end of text; longer ones cut, and said so. */
function encode(
  { tokenizer, endId }: Loaded,
  texts: readonly string[],
  maxTokens: number,
  onWarning: WarningListener | undefined,
): number[][] {
  const { input_ids: rows } = tokenizer([...texts], { return_tensor: false });
  return rows.map((ids) => {
    if (ids.length <= maxTokens) return ids;
    onWarning?.(
      `rclip.MarianTranslator: a text has ${ids.length} tokens; only the first ${maxTokens} are translated.`,
    );
    return [...ids.slice(0, maxTokens - 1), endId];
  });
}

type GenerateOptions = TranslateOptions & Sampling & { readonly onWarning: WarningListener | undefined };

function warnOfLength({ maxTokens, onWarning }: GenerateOptions): void {
  onWarning?.(`rclip.MarianTranslator: a translation has reached ${maxTokens} tokens; it may lack its end.`);
}

const textOf = ({ tokenizer }: Loaded, tokens: readonly number[]) =>
  tokenizer.decode([...tokens], { skip_special_tokens: true }).trim();

async function generateWithBeams(
  loaded: Loaded,
  rows: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<string[]> {
  const { startId, endId, padId } = loaded;
  const texts: string[] = [];
  for (const [row, source] of rows.entries()) {
    const seed = options.seeds[row]!;
    const { tokenIds, isComplete } = await translateWithBeams(loaded, source, {
      ...options,
      ...{ seed, startId, endId, padId },
    });
    if (!isComplete || tokenIds.length + 1 >= options.maxTokens) warnOfLength(options);
    texts.push(textOf(loaded, tokenIds));
  }
  return texts;
}

async function generate(
  loaded: Loaded,
  rows: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<string[]> {
  const { model, endId, padId, makeTensor } = loaded;
  const width = Math.max(...rows.map(({ length }) => length));
  const fill = <T>(ids: readonly T[], value: T) => [...ids, ...new Array<T>(width - ids.length).fill(value)];
  const sequences = await model.generate({
    inputs: makeTensor(rows.map((ids) => fill(ids, padId))),
    attention_mask: makeTensor(rows.map((ids) => fill(new Array<number>(ids.length).fill(1), 0))),
    // The token that begins a translation does not count.
    max_length: options.maxTokens + 1,
    num_beams: 1,
    do_sample: false,
    logits_processor: [createSampler({ ...options, endId })],
  });
  return sequences.tolist().map(([, ...ids]) => {
    const tokens = ids.map(Number);
    const end = tokens.indexOf(endId);
    if (end < 0 || end === options.maxTokens - 1) warnOfLength(options);
    return textOf(loaded, end < 0 ? tokens : tokens.slice(0, end));
  });
}
