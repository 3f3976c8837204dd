import type { RclipFilm } from '../rclip/film.js';
import { largestAbnormality } from '../rrg/film-labels.js';
import { speaksOfRegions, type RrgFilm } from '../rrg/film.js';
import { csvLine } from './csv-line.js';

/** A score beside the truth. */
export interface PredictionLine {
  readonly condition: string;
  /** Empty for what is said of the whole film. */
  readonly region: string;
  readonly label: 0 | 1;
  readonly score: number;
}

const bit = (is: boolean): 0 | 1 => (is ? 1 : 0);

/** What a report model says of regions and film, beside the truth. */
export function rrgPredictionLines(film: RrgFilm): PredictionLine[] {
  const regions = speaksOfRegions(film)
    ? film.regions.flatMap(
        ({ name: region, reference, status, selectionScore, abnormalityScore }): PredictionLine[] => {
          if (!reference) return [];
          const hasPhrase = bit(reference.text.trim() !== '');
          const selection = {
            condition: 'region selection',
            region,
            label: hasPhrase,
            score: selectionScore,
          };
          const isAbnormal = bit(reference.abnormal);
          const abnormality = {
            condition: 'region abnormality',
            region,
            label: isAbnormal,
            score: abnormalityScore,
          };
          return status === 'not-detected' ? [selection] : [selection, abnormality];
        },
      )
    : [];
  const { findings = {}, classification = [] } = film;
  const none = findings['No Finding'];
  const ofFilm =
    none === undefined
      ? []
      : [{ condition: 'film abnormality', region: '', label: bit(!none), score: largestAbnormality(film) }];
  const ofClassifier = classification.flatMap(({ label: condition, probability }): PredictionLine[] => {
    const is = (findings as Readonly<Record<string, boolean | undefined>>)[condition];
    return is === undefined ? [] : [{ condition, region: '', label: bit(is), score: probability }];
  });
  return [...regions, ...ofFilm, ...ofClassifier];
}

/** What a contrastive model says of a film, beside the truth. */
export function rclipPredictionLines(film: RclipFilm): PredictionLine[] {
  return Object.entries(film.labels).flatMap(([name, label]) => {
    const scores = { probe: film.probe?.[name]?.probability, 'zero-shot': film.zeroShot?.[name] };
    return Object.entries(scores).flatMap(([how, score]) =>
      score === undefined ? [] : [{ condition: `${name} (${how})`, region: '', label, score }],
    );
  });
}

/** Scores beside the truth, as `crrg score --labels` reads them. */
export function formatPredictions<Film extends { readonly id: string; readonly patient: string | null }>(
  films: readonly Film[],
  linesOf: (film: Film) => readonly PredictionLine[],
): string {
  const lines = films.flatMap((film) =>
    linesOf(film).map(({ region, condition, label, score }) =>
      csvLine([film.id, film.patient ?? '', region, condition, label, score]),
    ),
  );
  return [csvLine(['id', 'patient', 'region', 'condition', 'label', 'score']), ...lines].join('');
}
