import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeBundle } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { IMAGENET_PREPROCESSING, encodePng, greyImage } from '@crrg/image';
import { toRclipManifest } from '@crrg/pipeline';
import { parseRclipConfig, rclipSpecs, toVocabularyText, trainWordPieces } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';

/** One line of a file of studies. */
export type StudyLine = Record<string, unknown>;

const isIll = (index: number) => index % 2 === 1;

/** The text of a film's report. */
export const sectionOf = (index: number): string =>
  isIll(index) ? 'There is an opacity in the left lung.' : 'The lungs are clear.';

/** Twelve studies of one film each, eight for training; the odd ones are brighter and have pneumonia. */
export function studyLines(): StudyLine[] {
  return Array.from({ length: 12 }, (_, index) => ({
    id: `s${index}`,
    patient: `p${index}`,
    split: index < 8 ? 'train' : 'valid',
    images: [`films/${index}.png`],
    sections: [sectionOf(index), 'Chest film.'],
    labels: { Pneumonia: isIll(index) ? 1 : 0, Effusion: index % 4 < 2 ? 1 : 0 },
  }));
}

/** Grey of a chest at a place in a picture of 60x50 pixels: two dark lungs beside a bright middle, dark above the shoulders. */
function chestGrey(at: number): number {
  const [x, y] = [(at % 60) / 60, Math.floor(at / 60) / 50];
  const isLung = Math.hypot((Math.abs(x - 0.5) - 0.22) / 0.15, (y - 0.45) / 0.32) < 1;
  const isAboveShoulder = y < 0.2 && Math.abs(x - 0.5) > 0.3 - y;
  return isLung || isAboveShoulder ? 20 : 110;
}

/** Writes the films of {@link studyLines} into `films` of a folder. */
export async function writeFilms(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'films'), { recursive: true });
  const random = createRandom(5);
  for (let index = 0; index < 12; index++) {
    const pixels = Uint8Array.from(
      { length: 60 * 50 },
      (_, at) => chestGrey(at) + random.integer(80) + (isIll(index) ? 55 : 0),
    );
    await writeFile(path.join(folder, 'films', `${index}.png`), encodePng(greyImage(60, 50, pixels)));
  }
}

/** Writes a contrastive model of 32 pixels with random weights; `isWhole` false leaves the text encoder out. */
export async function writeStartModel(folder: string, isWhole = true): Promise<void> {
  const vocabulary = trainWordPieces(['The lungs are clear.', 'There is an opacity in the left lung.'], {
    vocabSize: 80,
  });
  const text = {
    vocabSize: vocabulary.length,
    width: 8,
    numLayers: 1,
    numHeads: 2,
    ffnWidth: 12,
    numPositions: 16,
    maxLength: 12,
  };
  const config = parseRclipConfig({
    imageEncoder: { imageSize: 32, stemWidth: 4, planes: [2, 2, 2, 4], blocks: [1, 1, 1, 1] },
    textEncoder: isWhole ? text : null,
    embeddingDim: 6,
    probe: isWhole ? null : { labels: ['Pneumonia'] },
  });
  await writeBundle(folder, {
    name: 'start',
    version: '3',
    ...toRclipManifest(config),
    preprocessing: { ...IMAGENET_PREPROCESSING, size: 32, mean: [0.5, 0.5, 0.5] },
    tokenizer: isWhole ? { kind: 'word-piece', vocab: 'vocab.txt' } : null,
    licence: 'MIT',
    trainingData: 'none',
    source: 'test',
    modelCard: null,
    weights: initializeParameters(rclipSpecs(config), createRandom(2)),
    attachments: isWhole
      ? {
          'vocab.txt': { role: 'tokenizer', bytes: new TextEncoder().encode(toVocabularyText(vocabulary)) },
        }
      : {},
  });
}
