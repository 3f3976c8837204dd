import { DataError } from '@crrg/core';
import { readStudies, type Split, type TrainingStudy } from '@crrg/train/node';

/** One film of an R-CLIP study that has labels. */
export interface LabelledFilm {
  /** That of the study, and which of its images where it has several: `s1/2`. */
  readonly id: string;
  /** Of the study, for messages. */
  readonly subject: string;
  readonly patient: string | null;
  readonly file: string;
  readonly labels: ReadonlyMap<string, 0 | 1>;
}

const filmsOfStudy = ({ id, subject, patient, images, labels }: TrainingStudy): LabelledFilm[] =>
  images.map((file, index) => ({
    id: images.length === 1 ? id : `${id}/${index + 1}`,
    subject,
    patient: patient ?? null,
    file,
    labels,
  }));

/** The labelled films of the split train, and of the split that is asked. */
export interface LabelledSplits {
  readonly train: readonly LabelledFilm[];
  readonly asked: readonly LabelledFilm[];
}

/**
 * Labelled films of a file of R-CLIP studies.
 * @throws {InputErrors} with every problem of the file
 * @throws {DataError} where one of the two splits has no labels
 */
export async function readLabelledFilms(file: string, split: Split): Promise<LabelledSplits> {
  const labelled = (await readStudies(file)).filter(({ labels }) => labels.size > 0);
  const films = (wanted: Split) => {
    const own = labelled.filter((study) => study.split === wanted).flatMap(filmsOfStudy);
    if (own.length > 0) return own;
    throw new DataError(
      `baselines.readLabelledFilms: expected studies with labels of the split ${wanted} in ${file}, got none; give another \`split\` or file.`,
    );
  };
  return { train: films('train'), asked: films(split) };
}

/** Share of films with a label, of those that say something of it; undefined where none does. */
export function shareWith(films: readonly LabelledFilm[], label: string): number | undefined {
  const known = films.map(({ labels }) => labels.get(label)).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.filter((value) => value === 1).length / known.length;
}
