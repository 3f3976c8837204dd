import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InputErrors } from '@crrg/core';
import { openOnnxFile, type OnnxValue } from '@crrg/backend-onnx';
import { Tokenizer } from '@huggingface/tokenizers';
import { describeError } from '../errors.js';

/** A text encoder of another program: its tokeniser and its network. */
export interface TextNetwork {
  /** The folder's name and the beginning of the network's SHA-256. */
  readonly name: string;
  /** Numbers of the tokens, with the marks of begin and end; what is too long loses its end. */
  readonly tokenize: (text: string) => number[];
  /** Texts that were too long, each once. */
  readonly truncated: ReadonlySet<string>;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  readonly outputNames: readonly string[];
  /** All outputs for one text, by name. */
  readonly run: (ids: readonly number[]) => Promise<Record<string, OnnxValue<Float32Array>>>;
  readonly dispose: () => Promise<void>;
}

const DEFAULT_MAX_TOKENS = 512;
const INPUTS: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids'];

interface TokenizerFile {
  readonly model?: { readonly type?: string };
  readonly pre_tokenizer?: { readonly type?: string; readonly add_prefix_space?: boolean } | null;
}

async function readJson(file: string): Promise<object> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null) return value;
    throw new Error('expected a JSON object, got another value; give what transformers writes.');
  } catch (error) {
    throw new InputErrors([{ subject: file, message: describeError(error), cause: error }]);
  }
}

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

async function findNetwork(folder: string): Promise<string> {
  for (const name of ['model.onnx', 'onnx/model.onnx']) {
    const file = path.join(folder, name);
    if (await isThere(file)) return file;
  }
  const message =
    'expected a folder with model.onnx and tokenizer.json, got none; export the network to ONNX first.';
  throw new InputErrors([{ subject: folder, message }]);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').slice(0, 12);
}

/** Whether the first word of a text gets a blank in front, as bert_score does for byte-level BPE. */
const takesPrefixSpace = ({ pre_tokenizer: pre }: TokenizerFile) =>
  pre?.type === 'ByteLevel' && pre.add_prefix_space !== true;

/** How texts become token numbers. */
function createTokenize(
  file: TokenizerFile,
  config: { readonly model_max_length?: number },
): Pick<TextNetwork, 'tokenize' | 'truncated' | 'maxTokens'> {
  const tokenizer = new Tokenizer(file, config);
  const given = config.model_max_length;
  // Where there is no limit, transformers writes 1e30.
  const maxTokens = given !== undefined && given > 2 && given < 1e6 ? given : DEFAULT_MAX_TOKENS;
  const prefix = takesPrefixSpace(file) ? ' ' : '';
  const end = tokenizer.encode('').ids.at(-1);
  const truncated = new Set<string>();
  const tokenize = (text: string) => {
    const trimmed = text.trim();
    const { ids } = tokenizer.encode(trimmed === '' ? '' : prefix + trimmed);
    if (ids.length <= maxTokens) return ids;
    truncated.add(text);
    return [...ids.slice(0, maxTokens - 1), end ?? ids.at(-1)!];
  };
  return { tokenize, truncated, maxTokens };
}

/**
 * Opens a text encoder that was exported to ONNX: a folder with `model.onnx` (or `onnx/model.onnx`), `tokenizer.json` and, if there is one,
 * `tokenizer_config.json`, as Hugging Face's tools write it.
 * @throws {@link InputErrors} where a file is missing or is not of this kind
 */
export async function openTextNetwork(folder: string): Promise<TextNetwork> {
  const file = await findNetwork(folder);
  const configFile = path.join(folder, 'tokenizer_config.json');
  const words = createTokenize(
    await readJson(path.join(folder, 'tokenizer.json')),
    (await isThere(configFile)) ? await readJson(configFile) : {},
  );
  const name = `${path.basename(path.resolve(folder))}@${await hashOf(file)}`;
  const network = await openOnnxFile(file).catch((error: unknown) => {
    throw new InputErrors([{ subject: file, message: describeError(error), cause: error }]);
  });
  const unknown = network.inputNames.find((input) => !INPUTS.includes(input));
  if (unknown !== undefined || !network.inputNames.includes('input_ids')) {
    await network.dispose();
    const message = `expected the inputs ${INPUTS.join(', ')}, got ${network.inputNames.join(', ')}; export a text encoder.`;
    throw new InputErrors([{ subject: file, message }]);
  }
  return {
    ...words,
    name,
    outputNames: network.outputNames,
    run: (ids) => {
      const dims = [1, ids.length];
      const values = [ids, ids.map(() => 1), ids.map(() => 0)];
      return network.run(
        Object.fromEntries(
          network.inputNames.map((input) => [input, { data: values[INPUTS.indexOf(input)]!, dims }]),
        ),
      );
    },
    dispose: network.dispose,
  };
}

/** What is said of texts that were cut. */
export function truncationNotes(what: string, { truncated, maxTokens }: TextNetwork): string[] {
  const { size } = truncated;
  if (size === 0) return [];
  return [
    `${what}: ${size} ${size > 1 ? 'texts are' : 'text is'} longer than ${maxTokens} tokens; the rest is not read.`,
  ];
}
