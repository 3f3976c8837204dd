import { BackendError } from '@crrg/core';

/** A tensor of transformers.js, as far as it is used here. */
export interface TransformersTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
  tolist(): bigint[][];
}

/** Tensors by name. */
export type TransformersTensors = Readonly<Record<string, TransformersTensor>>;

/** Sees the logits `[B, V]` of a step, and the tokens so far, and may change the logits in place. */
export type LogitsProcessor = (
  tokenIds: readonly (readonly bigint[])[],
  logits: { readonly dims: readonly number[]; readonly data: Float32Array },
) => unknown;

/** A tokeniser of transformers.js, as far as it is used here. */
export interface TransformersTokenizer {
  readonly pad_token_id?: number | undefined;
  (texts: string[], options: { return_tensor: false }): { input_ids: number[][] };
  decode(tokenIds: number[], options: { skip_special_tokens: boolean }): string;
}

/** An encoder-decoder of transformers.js, as far as it is used here. */
export interface TransformersSeq2Seq {
  readonly config: Readonly<Record<string, unknown>>;
  generate(options: {
    inputs: TransformersTensor;
    attention_mask: TransformersTensor;
    max_length: number;
    num_beams: number;
    do_sample: boolean;
    logits_processor: LogitsProcessor[];
  }): Promise<TransformersTensor>;
  /** One pass: the encoder, unless `encoder_outputs` are given, and the decoder over `decoder_input_ids`. */
  forward(inputs: Readonly<Record<string, unknown>>): Promise<TransformersTensors>;
  /** What a session gives under a name; versions without it encode a text anew at each step. */
  _encode_input?: (
    session: 'model',
    inputs: TransformersTensors,
    output: 'last_hidden_state',
  ) => Promise<TransformersTensor>;
  dispose(): Promise<unknown>;
}

interface LoadOptions {
  readonly dtype: string;
}

/** The module `@huggingface/transformers`, as far as it is used here. */
export interface TransformersModule {
  readonly env: { logLevel?: unknown };
  readonly LogLevel?: Readonly<Record<string, unknown>> | undefined;
  readonly AutoTokenizer: {
    from_pretrained(model: string, options: LoadOptions): Promise<unknown>;
  };
  readonly AutoModelForSeq2SeqLM: {
    from_pretrained(model: string, options: LoadOptions): Promise<unknown>;
  };
  readonly Tensor: new (
    type: 'int64' | 'float32',
    data: BigInt64Array | Float32Array,
    dims: number[],
  ) => unknown;
}

/**
 * transformers.js, where it is installed.
 * @throws {@link BackendError} saying what to install
 */
export async function importTransformers(): Promise<TransformersModule> {
  try {
    return (await import('@huggingface/transformers')) as unknown as TransformersModule;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    throw new BackendError(
      `rclip.loadMarianTranslator: expected the package @huggingface/transformers, got "${reason}"; run \`npm install @huggingface/transformers\` or pass another translator.`,
      { cause },
    );
  }
}

/** Runs work while transformers.js logs errors only: libraries here never print. */
export async function quietly<T>({ env, LogLevel }: TransformersModule, work: () => Promise<T>): Promise<T> {
  const before = env.logLevel;
  const quiet = LogLevel?.['ERROR'];
  if (quiet === undefined || before === quiet) return work();
  env.logLevel = quiet;
  try {
    return await work();
  } finally {
    env.logLevel = before;
  }
}
