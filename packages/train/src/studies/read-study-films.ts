import type { AbortOptions } from '@crrg/core';
import { readFilms, type Films } from './films.js';
import type { TrainingStudy } from './read-studies.js';
import type { StudyTrainingListener } from './training-events.js';

/** Reads the films of all studies, and tells of each. @param size side of the network input in pixels */
export async function readStudyFilms(
  studies: readonly TrainingStudy[],
  size: number,
  { signal, strict }: AbortOptions & { readonly strict?: boolean | undefined },
  tell: StudyTrainingListener,
): Promise<Films> {
  let numFilms = 0;
  const films = await readFilms(studies, {
    size,
    signal,
    strict,
    onFilm: (done, total) => {
      numFilms = total;
      tell({ type: 'film-read', done, total });
    },
    onDoubts: (subject, doubts) => tell({ type: 'film-doubts', subject, doubts }),
  });
  tell({ type: 'films-end', total: numFilms });
  return films;
}
