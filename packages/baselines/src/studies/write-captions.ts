import type { AbortOptions } from '@crrg/core';
import type { StudySplit } from '@crrg/datasets';
import { float32 } from '@crrg/tensor';
import { batchesWithRest, plainFilmInput } from '@crrg/train';
import { openBackend, type RunEngineOptions } from '@crrg/train/node';
import { loadCaptionerModel, type CaptionerModel } from '../captioner/bundle.js';
import { createCaptioner } from '../captioner/captioner.js';
import { captionerPreprocessing } from '../captioner/preprocessing.js';
import type { BaselineListener } from './events.js';
import { filmOwners, filmsOf, readFilmTexts, requireSplit } from './film-texts.js';
import { readPictures } from './read-pictures.js';
import { requireReportsFile, writeReports, type WrittenReport } from './write-reports.js';

/** Films that are looked at together. */
const BATCH = 8;

/** How {@link writeCaptions} writes. */
export interface WriteCaptionsOptions extends RunEngineOptions, AbortOptions {
  /** A captioner's bundle folder, or a model in memory. */
  readonly model: string | CaptionerModel;
  /** Folder that gets `reports.jsonl`. */
  readonly out: string;
  /** Whose films. @defaultValue 'test' */
  readonly split?: StudySplit | undefined;
  /** 1 is greedy search. @defaultValue 3 */
  readonly numBeams?: number | undefined;
  /** Films in doubt are refused. @defaultValue false */
  readonly strict?: boolean | undefined;
  readonly onProgress?: BaselineListener | undefined;
}

/**
 * Writes what a captioner says of the films of a split, one `{ id, image, text }` a line, and gives the path of the file.
 * @param studies a JSONL file of region studies
 * @throws {CheckpointError} for a bundle that is no captioner
 * @throws {InputErrors} that names every film that cannot be read
 */
export async function writeCaptions(studies: string, options: WriteCaptionsOptions): Promise<string> {
  const { out, split = 'test', numBeams, signal, onProgress } = options;
  await requireReportsFile(out);
  const model = typeof options.model === 'string' ? await loadCaptionerModel(options.model) : options.model;
  const { config, weights, vocabulary } = model;
  const films = filmsOf(await readFilmTexts(studies, options), split);
  requireSplit(films, split, 'baselines.writeCaptions');
  const pictures = await readPictures(filmOwners(films), config.imageSize, options);
  const { backend, release } = await openBackend(options);
  try {
    using captioner = await createCaptioner({
      config,
      weights,
      vocabulary,
      backend,
      maxBeams: numBeams,
      signal,
    });
    const preprocessing = captionerPreprocessing(config);
    async function* reports(): AsyncGenerator<WrittenReport> {
      let done = 0;
      for (const batch of batchesWithRest(films, BATCH)) {
        signal?.throwIfAborted();
        const inputs = await Promise.all(
          batch.map(async ({ file }) => plainFilmInput(await pictures.load(file), preprocessing)),
        );
        const pixels = new Float32Array(inputs.length * inputs[0]!.length);
        inputs.forEach((input, row) => pixels.set(input, row * input.length));
        const shape = [batch.length, 3, config.imageSize, config.imageSize];
        const captions = await captioner.describe(float32(shape, pixels), { signal });
        for (const [row, { id, image }] of batch.entries()) yield { id, image, text: captions[row]!.text };
        done += batch.length;
        onProgress?.({ type: 'report-end', done, total: films.length });
      }
    }
    return await writeReports(out, reports());
  } finally {
    release();
  }
}
