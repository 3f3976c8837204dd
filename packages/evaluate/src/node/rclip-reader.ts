import path from 'node:path';
import { ImageError, type AbortOptions, type Doubt, type WarningListener } from '@crrg/core';
import { assertUsableRadiograph, greyToRgb, preprocessCentreCrop, to8Bit } from '@crrg/image';
import { decodeRadiograph, readImageBytes } from '@crrg/image/node';
import type { RclipModel } from '@crrg/pipeline';
import { cosineSimilarities, createRclip, labelScores, scorePrompts, type Embeddings } from '@crrg/rclip';
import { float32, type Backend } from '@crrg/tensor';
import type { TrainingStudy } from '@crrg/train/node';
import { RCLIP_FILM_SCHEMA, type RclipFilm } from '../rclip/film.js';
import { encodeVector } from '../rclip/vectors.js';
import type { FilmReader } from './run-films.js';

/** An opposite pair of prompts by label. */
export type LabelPrompts = ReadonlyMap<string, readonly [negative: string, positive: string]>;

/** Prompts by class. */
export type ClassPrompts = ReadonlyMap<string, readonly string[]>;

/** One image of a study. */
export interface StudyFilm {
  readonly id: string;
  readonly study: TrainingStudy;
  /** Which of the study's images. */
  readonly index: number;
}

/** Sections as CXR-CLIP joins them for retrieval; undefined where there is no text. */
export function textOf({ sections }: TrainingStudy): string | undefined {
  const text = sections.filter((section) => section.trim() !== '').join(' ');
  return text === '' ? undefined : text;
}

function refuseDoubts(doubts: readonly Doubt[]): void {
  const [first] = doubts;
  if (first) throw new ImageError(`expected a film without doubts, got ${first.code}: ${first.message}`);
}

/** What a contrastive model is asked. */
export interface RclipQuestions {
  readonly prompts: LabelPrompts;
  /** @defaultValue none */
  readonly classPrompts?: ClassPrompts | undefined;
}

/** How films are read. */
interface ReaderOptions extends RclipQuestions, AbortOptions {
  /** What images are named relative to. */
  readonly folder: string;
  readonly strict?: boolean | undefined;
  readonly onWarning?: WarningListener | undefined;
}

type EmbedText = (texts: readonly string[]) => Promise<Embeddings>;

/** What the embedding of a film says of labels and classes. */
type TextAnswers = (image: Embeddings, labels: Iterable<string>) => Pick<RclipFilm, 'zeroShot' | 'classes'>;

/** Embeds the prompts once for all films. */
async function askByText(
  embedText: EmbedText,
  { prompts, classPrompts }: RclipQuestions,
): Promise<TextAnswers> {
  const pairs = new Map<string, Embeddings>();
  for (const [label, pair] of prompts) pairs.set(label, await embedText(pair));
  const classes = new Map<string, Embeddings>();
  for (const [name, texts] of classPrompts ?? []) classes.set(name, await embedText(texts));
  const shareOf = (image: Embeddings, label: string) => {
    const pair = pairs.get(label);
    return pair ? [[label, scorePrompts(image, pair).probabilities[1]!] as const] : [];
  };
  const meanCosine = (image: Embeddings, texts: Embeddings) => {
    const { data } = cosineSimilarities(image, texts);
    return data.reduce((sum, cosine) => sum + cosine, 0) / data.length;
  };
  return (image, labels) => ({
    zeroShot: Object.fromEntries([...labels].flatMap((label) => shareOf(image, label))),
    ...(classes.size > 0 && {
      classes: Object.fromEntries([...classes].map(([name, texts]) => [name, meanCosine(image, texts)])),
    }),
  });
}

/** A film as `crrg classify` sees it. */
async function readInput(file: string, { preprocessing }: RclipModel, strict: boolean | undefined) {
  const { size } = preprocessing;
  const { image, doubts } = await decodeRadiograph(await readImageBytes(file), { inputSize: size });
  assertUsableRadiograph(image);
  if (strict) refuseDoubts(doubts);
  const pixels = preprocessCentreCrop(greyToRgb(to8Bit(image)), preprocessing);
  return { input: float32([1, 3, size, size], pixels), doubts };
}

/** Answers of the probe by label. */
function probeAnswers(
  { config: { probe } }: RclipModel,
  logits: Embeddings | undefined,
): Pick<RclipFilm, 'probe'> {
  if (!logits || !probe) return {};
  const answers = labelScores(logits.data, probe).map(
    ({ label, probability, threshold, positive }) => [label, { probability, threshold, positive }] as const,
  );
  return { probe: Object.fromEntries(answers) };
}

/** What is known of a film. */
function knownOf({ id, study, index }: StudyFilm, folder: string): Omit<RclipFilm, 'doubts'> {
  return {
    ...{ schema: RCLIP_FILM_SCHEMA, id, study: study.id },
    image: path.relative(folder, study.images[index]!),
    patient: study.patient ?? null,
    view: study.views?.[index] ?? null,
    labels: Object.fromEntries(study.labels),
  };
}

/** Opens a model on a backend that stays the caller's. */
export async function openRclipReader(
  model: RclipModel,
  backend: Backend,
  options: ReaderOptions,
): Promise<FilmReader<StudyFilm, RclipFilm>> {
  const { config, weights, tokenizer } = model;
  const { folder, signal, strict, onWarning } = options;
  const rclip = createRclip({ config, weights, tokenizer, backend, onWarning });
  const embedText: EmbedText = (texts) => rclip.encodeText(texts, { signal });
  const hasText = config.textEncoder !== undefined && tokenizer !== undefined;
  let answersOf: TextAnswers | undefined;
  try {
    answersOf = hasText ? await askByText(embedText, options) : undefined;
  } catch (error) {
    rclip.dispose();
    throw error;
  }
  return {
    async read(film) {
      const { study, index } = film;
      const { input, doubts } = await readInput(study.images[index]!, model, strict);
      const { embeddings, logits } = await rclip.encodeImage(input, { signal });
      const image = answersOf && embeddings;
      const text = image && index === 0 ? textOf(study) : undefined;
      const answer: RclipFilm = {
        ...knownOf(film, folder),
        ...probeAnswers(model, logits),
        ...(image && answersOf!(image, study.labels.keys())),
        ...(text !== undefined && {
          text,
          embeddings: {
            image: encodeVector(image!.data),
            text: encodeVector((await embedText([text])).data),
          },
        }),
        doubts: doubts.map(({ code }) => code),
      };
      return { film: answer, doubts };
    },
    dispose: () => rclip.dispose(),
  };
}
