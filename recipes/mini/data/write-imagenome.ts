import path from 'node:path';
import { ANATOMICAL_REGIONS, type AnatomicalRegion, type Box } from '@crrg/core';
import { FILM_SIZE } from './patient.js';
import type { MimicSplit, MiniFilm, MiniStudy } from './studies.js';
import { csvText, writeFile } from './files.js';

/** Chest ImaGenome's names of MIMIC-CXR's splits. */
const LISTS: Readonly<Record<MimicSplit, string>> = { train: 'train', validate: 'valid', test: 'test' };

/** The side of the other frame of a scene graph, which nothing must read. */
const SMALL_FRAME = 224;

function objectOf(image: string, name: AnatomicalRegion, { x1, y1, x2, y2 }: Box) {
  const scale = SMALL_FRAME / Math.max(FILM_SIZE.width, FILM_SIZE.height);
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => Math.round(value * scale)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    object_id: `${image}_${name}`,
    ...{ x1: a, y1: b, x2: c, y2: d, width: c - a, height: d - b },
    bbox_name: name,
    name,
    ...{ original_x1: x1, original_y1: y1, original_x2: x2, original_y2: y2 },
    original_width: x2 - x1,
    original_height: y2 - y1,
  };
}

function attributesOf({ sentences, study }: MiniStudy, image: string, name: AnatomicalRegion) {
  const said = sentences.flatMap((sentence, index) =>
    sentence.regions.includes(name) ? [{ ...sentence, id: `${study}|${index + 1}` }] : [],
  );
  if (said.length === 0) return [];
  return [
    {
      [name]: true,
      bbox_name: name,
      object_id: `${image}_${name}`,
      phrases: said.map(({ text }) => text),
      phrase_IDs: said.map(({ id }) => id),
      sections: said.map(() => 'finalreport'),
      attributes: said.map(({ attributes }) => attributes),
    },
  ];
}

function sceneGraph(study: MiniStudy, { image, view, boxes }: MiniFilm): string {
  return JSON.stringify({
    image_id: image,
    viewpoint: view,
    patient_id: Number(study.patient.subject),
    study_id: Number(study.study),
    objects: ANATOMICAL_REGIONS.map((name, index) => objectOf(image, name, boxes[index]!)),
    attributes: ANATOMICAL_REGIONS.flatMap((name) => attributesOf(study, image, name)),
    relationships: [],
  });
}

/** Writes Chest ImaGenome's scene graphs and split lists to `root/imagenome`; the last training film is on the list of images to avoid. */
export async function writeImagenome(root: string, studies: readonly MiniStudy[]): Promise<void> {
  const folder = path.join(root, 'imagenome/silver_dataset');
  const columns = ['subject_id', 'study_id', 'dicom_id', 'path', 'ViewPosition'];
  const cellsOf = ({ patient: { subject }, study }: MiniStudy, { image, view }: MiniFilm) => [
    ...[subject, study, image],
    `files/p${subject.slice(0, 2)}/p${subject}/s${study}/${image}.dcm`,
    view,
  ];
  for (const [split, list] of Object.entries(LISTS)) {
    const rows = studies
      .filter((study) => study.split === split)
      .flatMap((study) => study.films.map((film) => cellsOf(study, film)));
    await writeFile(
      path.join(folder, `splits/${list}.csv`),
      csvText(
        ['', ...columns],
        rows.map((cells, index) => [String(index), ...cells]),
      ),
    );
  }
  const avoided = studies.filter(({ split }) => split === 'train').slice(-1);
  await writeFile(
    path.join(folder, 'splits/images_to_avoid.csv'),
    csvText(
      columns,
      avoided.flatMap((study) => study.films.map((film) => cellsOf(study, film))),
    ),
  );
  for (const study of studies)
    for (const film of study.films)
      await writeFile(
        path.join(folder, `scene_graph/${film.image}_SceneGraph.json`),
        sceneGraph(study, film),
      );
}
