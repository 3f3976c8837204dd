import { CheckpointError, createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs, type RclipConfig } from '@crrg/rclip';
import { initializeParameters, keyProblem, type HostTensor, type ParameterSpecs } from '@crrg/tensor';
import {
  parseRrgConfig,
  rrgSpecs,
  type ModelPart,
  type Part,
  type ReportModel,
  type RrgConfig,
  type RrgPart,
} from '@crrg/pipeline';

/** Weights to start a training from, and where they come from. */
export interface StartWeights<Config> {
  readonly config: Config;
  readonly weights: Map<string, HostTensor>;
  /** Parameters that no part has: drawn at random. */
  readonly fresh: readonly string[];
  /** Parameters of parts that this configuration has no use for. */
  readonly dropped: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields => (value ?? {}) as Fields;

function requirePart(part: ModelPart | undefined, expected: Part, option: string, where: string): void {
  if (!part || part.part === expected) return;
  throw new CheckpointError(
    `${where}: expected the part ${expected} as ${option}, got ${part.name}, which is the part ${part.part}; import one with crrg models import --kind ${expected}.`,
  );
}

/** Fresh weights with those of the parts over them, strictly. */
function overlay<Config>(
  config: Config,
  specs: ParameterSpecs,
  parts: readonly (Pick<ModelPart, 'weights'> | undefined)[],
  options: { readonly seed: number; readonly where: string; readonly isUseless?: (name: string) => boolean },
): StartWeights<Config> {
  const taken = new Map<string, HostTensor>();
  const dropped: string[] = [];
  const problems: string[] = [];
  for (const [name, tensor] of parts.flatMap((part) => [...(part?.weights ?? [])])) {
    const problem =
      keyProblem(specs, name, tensor) ?? (taken.has(name) ? `${name} is in two parts` : undefined);
    if (!Object.hasOwn(specs, name) && options.isUseless?.(name)) dropped.push(name);
    else if (problem !== undefined) problems.push(problem);
    taken.set(name, tensor);
  }
  if (problems.length > 0)
    throw new CheckpointError(
      `${options.where}: expected parts of this configuration, got ${problems.length} tensors that do not fit: ${problems.slice(0, 20).join('; ')}; change the configuration, or take other parts.`,
      { details: { problems } },
    );
  const fresh = Object.entries(specs).filter(([name]) => !taken.has(name));
  const drawn = initializeParameters(Object.fromEntries(fresh), createRandom(options.seed));
  const weights = Object.keys(specs).map((name) => [name, taken.get(name) ?? drawn.get(name)!] as const);
  return { config, weights: new Map(weights), fresh: fresh.map(([name]) => name), dropped };
}

/** What {@link startWeights} puts together. */
export interface StartWeightsOptions {
  /** A whole report model; the parts go over it. */
  readonly model?: ReportModel | undefined;
  /** The trunk alone: ImageNet's ResNet-50, without its stem, which has three channels. */
  readonly backbone?: ModelPart | undefined;
  /** A whole detector, as stage 1 of RGRG leaves it; not beside `backbone`. */
  readonly detector?: ModelPart | undefined;
  /** A detector with the classifiers of its regions; neither beside `backbone` nor beside `detector`. */
  readonly selector?: ModelPart | undefined;
  /** GPT-2 without the image projections. */
  readonly languageModel?: ModelPart | undefined;
  /** Configuration that goes before that of the parts, by network. @defaultValue that of the parts, else the paper's */
  readonly config?: { readonly [Network in keyof RrgConfig]?: object } | undefined;
  /** Of what no part has. */
  readonly seed: number;
  /** The networks that are of use; of the others nothing is drawn. @defaultValue all */
  readonly networks?: readonly RrgPart[] | undefined;
}

/**
 * Start weights of the report model from a whole model, imported parts, or parts over a whole model; what they lack is drawn from the seed and named in `fresh`. The position
 * table of a GPT-2 is dropped where the configuration looks positions up in the token table.
 *
 * @example
 * ```ts
 * const backbone = await loadPart('models/resnet50', ['resnet50']);
 * const languageModel = await loadPart('models/gpt2', ['gpt2']);
 * const { config, weights } = startWeights({ backbone, languageModel, seed: 41 });
 * await trainRrg({ backend, config, weights, stage: 'detector', train, valid, settings });
 * ```
 * @throws {CheckpointError} for another part than named, or tensors that do not fit the configuration
 * @throws {ConfigError} where the configuration is not valid
 */
export function startWeights(options: StartWeightsOptions): StartWeights<RrgConfig> {
  const where = 'train.startWeights';
  const { model, backbone, detector, selector, languageModel, seed, networks } = options;
  requirePart(backbone, 'resnet50', 'backbone', where);
  requirePart(detector, 'detector', 'detector', where);
  requirePart(selector, 'selector', 'selector', where);
  requirePart(languageModel, 'gpt2', 'languageModel', where);
  const trunks = [backbone, detector, selector].filter((each) => each !== undefined);
  if (trunks.length > 1)
    throw new CheckpointError(
      `${where}: expected a backbone or a detector, got ${selector ? trunks.map(({ part }) => part).join(' and ') : 'both'}; a detector has its own trunk.`,
    );
  const config = startConfig(options);
  const isOfUse = (name: string) => !networks || networks.includes(networkOf(name));
  const named = <T>(entries: Iterable<[string, T]>) => [...entries].filter(([name]) => isOfUse(name));
  const specs = Object.fromEntries(named(Object.entries(rrgSpecs(config))));
  const over = [...trunks, ...(languageModel ? [languageModel] : [])];
  const replaced = new Set(over.flatMap(({ weights }) => [...weights.keys()]));
  const kept = [...(model?.weights ?? [])].filter(([name]) => !replaced.has(name));
  const parts = [kept, ...over.map(({ weights }) => weights)];
  return overlay(
    config,
    specs,
    parts.map((weights) => ({ weights: new Map(named(weights)) })),
    {
      seed,
      where,
      isUseless: (name) =>
        name === 'reportGen.positionTable.weight' && config.reportGen.positionTable === 'token',
    },
  );
}

const networkOf = (name: string) => name.slice(0, name.indexOf('.')) as RrgPart;

/** The configuration of the parts, over that of the whole model, under what is given. */
function startConfig({
  model,
  backbone,
  detector,
  selector,
  languageModel,
  config: given,
}: StartWeightsOptions): RrgConfig {
  const whole = selector ?? detector;
  const image = asFields((whole ?? backbone)?.config['detector']);
  const detectorFields: Fields = {
    ...model?.config.detector,
    ...(whole ? image : trunkFields(image)),
    ...given?.detector,
  };
  const width = detectorFields['regionFeatureDim'];
  const featureDim = width === undefined ? {} : { regionFeatureDim: width };
  const { regionFeatureDim: _, ...language } = asFields(languageModel?.config['reportGen']);
  return parseRrgConfig({
    detector: detectorFields,
    regionSelector: {
      ...model?.config.regionSelector,
      ...asFields(selector?.config['regionSelector']),
      ...(width !== undefined && { inputDim: width }),
      ...given?.regionSelector,
    },
    reportGen: { ...model?.config.reportGen, ...language, ...featureDim, ...given?.reportGen },
  });
}

/** The sizes of a trunk; its file says nothing of the rest of a detector. */
function trunkFields({ stemWidth, planes, blocks }: Fields): Fields {
  return { ...(stemWidth !== undefined && { stemWidth, planes, blocks }) };
}

/** What {@link startRclipWeights} puts together. */
export interface StartRclipWeightsOptions {
  /** ImageNet's ResNet-50 with its stem. @defaultValue drawn at random */
  readonly imageEncoder?: ModelPart | undefined;
  /** A BERT, such as Bio_ClinicalBERT. @defaultValue drawn at random */
  readonly textEncoder?: ModelPart | undefined;
  /** Configuration that goes before that of the parts. @defaultValue that of the parts, else the paper's */
  readonly config?: { readonly [Field in keyof RclipConfig]?: unknown } | undefined;
  /** Of what no part has: the projections. */
  readonly seed: number;
}

/**
 * Start weights of the contrastive model from imported encoders; projections and temperature are fresh.
 *
 * @example
 * ```ts
 * const imageEncoder = await loadPart('models/image-encoder', ['image-encoder']);
 * const textEncoder = await loadPart('models/bert', ['bert']);
 * const { config, weights } = startRclipWeights({ imageEncoder, textEncoder, seed: 1234 });
 * ```
 * @throws {CheckpointError} for another part than named, or tensors that do not fit the configuration
 * @throws {ConfigError} where the configuration is not valid
 */
export function startRclipWeights(options: StartRclipWeightsOptions): StartWeights<RclipConfig> {
  const where = 'train.startRclipWeights';
  const { imageEncoder, textEncoder, config: given, seed } = options;
  requirePart(imageEncoder, 'image-encoder', 'imageEncoder', where);
  requirePart(textEncoder, 'bert', 'textEncoder', where);
  const config = parseRclipConfig({
    ...(imageEncoder && { imageEncoder: asFields(imageEncoder.config['rclip'])['imageEncoder'] }),
    ...(textEncoder && { textEncoder: asFields(textEncoder.config['rclip'])['textEncoder'] }),
    ...given,
  });
  return overlay(config, rclipSpecs(config), [imageEncoder, textEncoder], { seed, where });
}
