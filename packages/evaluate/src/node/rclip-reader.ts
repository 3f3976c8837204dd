import path from 'node:path';
import { ImageError, type AbortOptions, type Doubt, type WarningListener } from '@crrg/core';
import { assertUsableRadiograph, greyToRgb, preprocessCentreCrop, to8Bit } from '@crrg/image';
import { decodeRadiograph, readImageBytes } from '@crrg/image/node';
import type { RclipModel } from '@crrg/pipeline';
import { createRclip, labelScores, scorePrompts, type Embeddings } from '@crrg/rclip';
import { float32, type Backend } from '@crrg/tensor';
import type { TrainingStudy } from '@crrg/train/node';
import { RCLIP_FILM_SCHEMA, type RclipFilm } from '../rclip/film.js';
import { encodeVector } from '../rclip/vectors.js';
import type { FilmReader } from './run-films.js';

/** An opposite pair of prompts by label. */
export type LabelPrompts = ReadonlyMap<string, readonly [negative: string, positive: string]>;

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

/** Opens a model on a backend that stays the caller's. */
export async function openRclipReader(
  { config, weights, tokenizer, preprocessing }: RclipModel,
  backend: Backend,
  options: AbortOptions & {
    readonly prompts: LabelPrompts;
    /** What images are named relative to. */
    readonly folder: string;
    readonly strict?: boolean | undefined;
    readonly onWarning?: WarningListener | undefined;
  },
): Promise<FilmReader<StudyFilm, RclipFilm>> {
  const { folder, prompts, signal, strict, onWarning } = options;
  const rclip = createRclip({ config, weights, tokenizer, backend, onWarning });
  const hasText = config.textEncoder !== undefined && tokenizer !== undefined;
  const embedText = (texts: readonly string[]) => rclip.encodeText(texts, { signal });
  const promptEmbeddings = new Map<string, Embeddings>();
  try {
    if (hasText) for (const [label, pair] of prompts) promptEmbeddings.set(label, await embedText(pair));
  } catch (error) {
    rclip.dispose();
    throw error;
  }
  const zeroShotOf = (embeddings: Embeddings, labels: Iterable<string>) =>
    Object.fromEntries(
      [...labels].flatMap((label) => {
        const pair = promptEmbeddings.get(label);
        return pair ? [[label, scorePrompts(embeddings, pair).probabilities[1]!] as const] : [];
      }),
    );
  return {
    async read({ id, study, index }) {
      const file = study.images[index]!;
      const { image, doubts } = await decodeRadiograph(await readImageBytes(file), {
        inputSize: preprocessing.size,
      });
      assertUsableRadiograph(image);
      if (strict) refuseDoubts(doubts);
      const { size } = preprocessing;
      const input = float32(
        [1, 3, size, size],
        preprocessCentreCrop(greyToRgb(to8Bit(image)), preprocessing),
      );
      const { embeddings, logits } = await rclip.encodeImage(input, { signal });
      const answers = logits && config.probe ? labelScores(logits.data, config.probe) : undefined;
      const text = hasText && index === 0 ? textOf(study) : undefined;
      const textEmbedding = text === undefined ? undefined : await embedText([text]);
      const film: RclipFilm = {
        schema: RCLIP_FILM_SCHEMA,
        ...{ id, study: study.id, image: path.relative(folder, file) },
        patient: study.patient ?? null,
        view: study.views?.[index] ?? null,
        labels: Object.fromEntries(study.labels),
        ...(answers && {
          probe: Object.fromEntries(
            answers.map(({ label, probability, threshold, positive }) => [
              label,
              { probability, threshold, positive },
            ]),
          ),
        }),
        ...(hasText && embeddings && { zeroShot: zeroShotOf(embeddings, study.labels.keys()) }),
        ...(textEmbedding &&
          embeddings && {
            text,
            embeddings: { image: encodeVector(embeddings.data), text: encodeVector(textEmbedding.data) },
          }),
        doubts: doubts.map(({ code }) => code),
      };
      return { film, doubts };
    },
    dispose: () => rclip.dispose(),
  };
}
