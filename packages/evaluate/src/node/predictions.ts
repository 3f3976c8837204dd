import { largestAbnormality } from '../rrg/film-labels.js';
import { speaksOfRegions, type RrgFilm } from '../rrg/film.js';
import { csvLine } from './csv-line.js';

const HEADER = ['id', 'patient', 'region', 'condition', 'label', 'score'] as const;

type Line = readonly [region: string, condition: string, label: 0 | 1, score: number];

const bit = (is: boolean): 0 | 1 => (is ? 1 : 0);

function linesOf(film: RrgFilm): Line[] {
  const regions = speaksOfRegions(film)
    ? film.regions.flatMap(({ name, reference, status, selectionScore, abnormalityScore }): Line[] => {
        if (!reference) return [];
        const selection: Line = [name, 'region selection', bit(reference.text.trim() !== ''), selectionScore];
        const abnormality: Line = [name, 'region abnormality', bit(reference.abnormal), abnormalityScore];
        return status === 'not-detected' ? [selection] : [selection, abnormality];
      })
    : [];
  const { findings = {}, classification = [] } = film;
  const none = findings['No Finding'];
  const ofFilm: Line[] =
    none === undefined ? [] : [['', 'film abnormality', bit(!none), largestAbnormality(film)]];
  const ofClassifier = classification.flatMap(({ label, probability }): Line[] => {
    const is = (findings as Readonly<Record<string, boolean | undefined>>)[label];
    return is === undefined ? [] : [['', label, bit(is), probability]];
  });
  return [...regions, ...ofFilm, ...ofClassifier];
}

/** Scores beside the truth, as `crrg score --labels` reads them: of regions, of films, of a classifier. */
export function rrgPredictions(films: readonly RrgFilm[]): string {
  const lines = films.flatMap((film) =>
    linesOf(film).map((line) => csvLine([film.id, film.patient ?? '', ...line])),
  );
  return [csvLine(HEADER), ...lines].join('');
}
