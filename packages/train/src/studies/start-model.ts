import { createHash } from 'node:crypto';
import { ConfigError } from '@crrg/core';
import { IMAGENET_PREPROCESSING, type CropPreprocessConfig } from '@crrg/image';
import type { ModelPart } from '@crrg/pipeline';
import { loadPart, loadRclipStart, type LoadedRclipStart, type RclipModel } from '@crrg/pipeline/node';
import {
  createWordPieceTokenizer,
  rclipSpecs,
  requireTextEncoder,
  trainWordPieces,
  type RclipConfig,
  type WordPieceTokenizer,
  type WordPieceVocabulary,
} from '@crrg/rclip';
import type { StateDict } from '@crrg/tensor';
import { startRclipWeights, type StartRclipWeightsOptions } from '../start-weights.js';

/** What training starts from. */
interface StartFields {
  readonly name: string;
  readonly version: string;
  /** SHA-256 that pins all that the weights depend on. */
  readonly sha256: string;
  /** Without a probe: one is trained anew. */
  readonly config: RclipConfig;
  readonly preprocessing: CropPreprocessConfig;
  /** Of the encoders. */
  readonly weights: StateDict;
  /** Parameters that were drawn at random. */
  readonly fresh: readonly string[];
}

/** The contrastive model that pre-training starts from. */
export interface StartModel extends StartFields {
  readonly tokenizer: WordPieceTokenizer;
  readonly maxLength: number;
}

/** The image encoder that a probe is trained on, with the text side of its model where it has one. */
export interface StartEncoder extends StartFields {
  readonly tokenizer: WordPieceTokenizer | undefined;
}

/** An encoder in memory; a `bert` with its tokenizer. */
type StartPart = ModelPart & { readonly tokenizer?: WordPieceTokenizer | undefined };

/** `tiny`, a bundle folder or an address of a model or an encoder; one in memory; or `random`. */
export type RclipStart = string | URL | RclipModel | StartPart;

/** Where a training starts. */
export interface StartOptions {
  /**
   * A whole model, or encoders: `image-encoder` (ResNet-50) and `bert`. `random` stands for whatever is missing, which is drawn from the seed and
   * named in `fresh`; projections between two encoders always are.
   */
  readonly start?: readonly RclipStart[] | undefined;
  /** Configuration of what is drawn: `imageEncoder`, `textEncoder`, `embeddingDim`, ... @defaultValue the paper's */
  readonly config?: StartRclipWeightsOptions['config'];
  /** As one `start`: `tiny`, a bundle folder, an address, or a model in memory. */
  readonly model?: string | URL | RclipModel | undefined;
  /** As one of two: an imported ResNet-50 (image-encoder) ... */
  readonly imageEncoder?: string | URL | undefined;
  /** ... and an imported BERT (bert). */
  readonly textEncoder?: string | URL | undefined;
}

/** How starts are loaded. */
export interface LoadStartOptions extends NonNullable<Parameters<typeof loadRclipStart>[1]> {
  /** Of what is drawn. */
  readonly seed: number;
  /** Texts of which word pieces are learned where the text encoder is drawn. */
  readonly texts?: (() => Iterable<string>) | undefined;
}

/** The word that stands for weights drawn from the seed. */
const RANDOM = 'random';
/** Word pieces that are learned where nothing says how many. */
const VOCABULARY_SIZE = 4096;

function refuse(where: string, problem: string): ConfigError {
  return new ConfigError(`${where}: ${problem}.`);
}

/** What is started from, whichever options name it. @throws {ConfigError} where they name nothing, or too much */
export function requireStart(
  { start, model, imageEncoder, textEncoder }: StartOptions,
  where = 'train.trainRclipOnStudies',
): readonly RclipStart[] {
  const encoders = [imageEncoder, textEncoder].filter((encoder) => encoder !== undefined);
  if (start !== undefined) {
    if (start.length > 0 && model === undefined && encoders.length === 0) return start;
    throw refuse(
      where,
      'expected something to `start` from and no other option that names it; leave the others out',
    );
  }
  if (model !== undefined && encoders.length === 0) return [model];
  if (model === undefined && encoders.length === 2) return encoders;
  throw refuse(
    where,
    'expected `model`, or `imageEncoder` and `textEncoder`, to start from, or `start`; name one model or both encoders',
  );
}

interface Starts {
  readonly model: RclipModel | undefined;
  readonly imageEncoder: StartPart | undefined;
  readonly textEncoder: StartPart | undefined;
  readonly isRandom: boolean;
}

async function load(start: RclipStart, options: LoadStartOptions): Promise<LoadedRclipStart> {
  if (typeof start === 'string' || start instanceof URL) return loadRclipStart(start, options);
  return 'part' in start ? { part: start } : { model: start };
}

/** The encoders that options of their own name, each of the kind of its option. */
async function loadEncoders(
  { imageEncoder, textEncoder }: StartOptions,
  options: LoadStartOptions,
): Promise<Starts> {
  const image = await loadPart(imageEncoder!, ['image-encoder'], options);
  const text = await loadPart(textEncoder!, ['bert'], options);
  return { model: undefined, imageEncoder: image, textEncoder: text, isRandom: false };
}

/** Loads every start, each for one place. @throws {ConfigError} for two that would fill the same one */
async function loadStarts(start: StartOptions, where: string, options: LoadStartOptions): Promise<Starts> {
  const given = requireStart(start, where);
  if (start.imageEncoder !== undefined) return loadEncoders(start, options);
  const loaded: LoadedRclipStart[] = [];
  for (const start of given) if (start !== RANDOM) loaded.push(await load(start, options));
  const parts = (kind: string) =>
    loaded.flatMap((each) => ('part' in each && each.part.part === kind ? [each.part] : []));
  const models = loaded.flatMap((each) => ('model' in each ? [each.model] : []));
  const only = <T>(found: readonly T[], what: string): T | undefined => {
    if (found.length <= 1) return found[0];
    throw refuse(where, `expected one ${what} to \`start\` from, got ${found.length}; leave out all but one`);
  };
  if (models.length > 0 && given.length > models.length)
    throw refuse(
      where,
      'expected a whole model alone to `start` from, got more; leave out the model or the others',
    );
  return {
    model: only(models, 'whole model'),
    imageEncoder: only(parts('image-encoder'), 'image encoder'),
    textEncoder: only(parts('bert'), 'text encoder'),
    isRandom: given.includes(RANDOM),
  };
}

function requireVocabulary(tokenizer: WordPieceTokenizer | undefined, name: string): WordPieceTokenizer {
  if (tokenizer) return tokenizer;
  throw new ConfigError(
    `train.loadStartModel: expected a model with a vocabulary, got ${name} without; import it with --vocab.`,
  );
}

/** A whole model without its probe. */
function withoutProbe(model: RclipModel): StartFields {
  const config = { ...model.config, probe: null };
  const names = Object.keys(rclipSpecs(config));
  const weights = new Map(names.map((name) => [name, model.weights.get(name)!]));
  const { name, version, sha256, preprocessing } = model;
  return { name, version, sha256, preprocessing, config, weights, fresh: [] };
}

/** What is given over what a part says of itself. */
function withPart(
  part: StartPart | undefined,
  network: 'imageEncoder' | 'textEncoder',
  given: StartOptions['config'],
) {
  const fields = (part?.config['rclip'] as Readonly<Record<string, object>> | undefined)?.[network];
  return fields ? { [network]: { ...fields, ...(given?.[network] as object | undefined) } } : {};
}

/** Encoders put together, the rest drawn. */
function fromEncoders(
  { imageEncoder, textEncoder }: Starts,
  config: StartOptions['config'],
  seed: number,
  vocabulary?: WordPieceVocabulary,
): StartFields {
  const parts = [imageEncoder, textEncoder].flatMap((part) => (part ? [part] : []));
  const fields = {
    ...config,
    ...withPart(imageEncoder, 'imageEncoder', config),
    ...withPart(textEncoder, 'textEncoder', config),
  };
  const made = startRclipWeights({ imageEncoder, textEncoder, config: fields, seed });
  const drawn = { config: made.config, seed, vocabulary };
  const hash = createHash('sha256');
  if (parts.length === 2) hash.update(parts.map(({ sha256 }) => sha256).join(' '));
  else hash.update(JSON.stringify([parts.map(({ sha256 }) => sha256), drawn]));
  const named = parts.length === 2 ? parts : [...parts, { name: RANDOM, version: String(seed) }];
  return {
    name: named.map(({ name }) => name).join('+'),
    version: named.map(({ version }) => version).join('+'),
    sha256: hash.digest('hex'),
    config: made.config,
    preprocessing: { ...IMAGENET_PREPROCESSING, size: made.config.imageEncoder.imageSize },
    weights: made.weights,
    fresh: made.fresh,
  };
}

const sizeOf = (config: StartOptions['config']) =>
  (config?.textEncoder as { readonly vocabSize?: number } | undefined)?.vocabSize ?? VOCABULARY_SIZE;

/** Both encoders, of which any may be drawn. @throws {ConfigError} where one is missing and nothing is to be drawn */
function fromParts(starts: Starts, { config }: StartOptions, options: LoadStartOptions): StartModel {
  const { imageEncoder, textEncoder, isRandom } = starts;
  const where = 'train.loadStartModel';
  if (!isRandom && !(imageEncoder && textEncoder))
    throw refuse(
      where,
      `expected an image encoder and a text encoder to \`start\` from, got ${imageEncoder ? 'an image encoder' : 'a text encoder'} alone; add the other, or "${RANDOM}"`,
    );
  if (textEncoder) {
    const fields = fromEncoders(starts, config, options.seed);
    const tokenizer = requireVocabulary(textEncoder.tokenizer, textEncoder.name);
    return { ...fields, tokenizer, maxLength: requireTextEncoder(fields.config, where).maxLength };
  }
  const vocabulary = trainWordPieces(options.texts?.() ?? [], { vocabSize: sizeOf(config) });
  const text = { ...(config?.textEncoder as object | undefined), vocabSize: vocabulary.length };
  const fields = fromEncoders(starts, { ...config, textEncoder: text }, options.seed, vocabulary);
  const { maxLength } = requireTextEncoder(fields.config, where);
  return { ...fields, tokenizer: createWordPieceTokenizer(vocabulary), maxLength };
}

/**
 * Loads a contrastive model, without its probe where it has one, or makes one of encoders.
 * @throws {ConfigError} for a model without text encoder or vocabulary, or starts that do not go together
 */
export async function loadStartModel(start: StartOptions, options: LoadStartOptions): Promise<StartModel> {
  const where = 'train.trainRclipOnStudies';
  const starts = await loadStarts(start, where, options);
  const { model } = starts;
  if (!model) return fromParts(starts, start, options);
  const { maxLength } = requireTextEncoder(model.config, 'train.loadStartModel');
  return { ...withoutProbe(model), tokenizer: requireVocabulary(model.tokenizer, model.name), maxLength };
}

/**
 * Loads the image encoder for a probe: that of a contrastive model, whose text side stays with it, of a classifier, or alone; or draws one.
 * @throws {ConfigError} for starts that do not go together
 */
export async function loadStartEncoder(
  start: StartOptions,
  where: string,
  options: LoadStartOptions,
): Promise<StartEncoder> {
  const starts = await loadStarts(start, where, options);
  const { model, textEncoder } = starts;
  if (textEncoder)
    throw refuse(
      where,
      'expected a model or an image encoder to `start` from, got a text encoder; leave it out',
    );
  if (!model) {
    const fields = fromEncoders(starts, { ...start.config, textEncoder: null }, options.seed);
    return { ...fields, tokenizer: undefined };
  }
  const fields = withoutProbe(model);
  // A bundle without a vocabulary cannot keep a text side that anything reads.
  if (model.tokenizer || fields.config.textEncoder === null) return { ...fields, tokenizer: model.tokenizer };
  const config = { ...fields.config, textEncoder: null };
  const weights = new Map([...fields.weights].filter(([name]) => Object.hasOwn(rclipSpecs(config), name)));
  return { ...fields, config, weights, tokenizer: undefined };
}
