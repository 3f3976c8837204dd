import path from 'node:path';
import { greyImage, type GreyImage } from '@crrg/image';
import sharp from 'sharp';
import { FILM_SIZE, type Finding } from './patient.js';
import type { Film } from './phantom.js';
import type { MiniStudy } from './studies.js';
import { csvText, writeFile } from './files.js';

/** A film with 8 bits a pixel. */
export const toGrey = ({ pixels }: Film): GreyImage =>
  greyImage(
    FILM_SIZE.width,
    FILM_SIZE.height,
    Uint8Array.from(pixels, (value) => Math.round(value * 255)),
  );

function toJpeg({ data, width, height }: GreyImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .jpeg({ quality: 95 })
    .toBuffer();
}

const folderOf = ({ patient: { subject }, study }: MiniStudy) =>
  `files/p${subject.slice(0, 2)}/p${subject}/s${study}`;

/** CheXpert's columns of MIMIC-CXR-JPG; those that no finding touches stay empty. */
const CHEXPERT_COLUMNS = [
  ...['Atelectasis', 'Cardiomegaly', 'Consolidation', 'Edema', 'Enlarged Cardiomediastinum', 'Fracture'],
  ...['Lung Lesion', 'Lung Opacity', 'No Finding', 'Pleural Effusion', 'Pleural Other', 'Pneumonia'],
  ...['Pneumothorax', 'Support Devices'],
];

const CHEXPERT_OF: Readonly<Record<Finding['kind'], readonly string[]>> = {
  opacity: ['Lung Opacity', 'Pneumonia'],
  effusion: ['Pleural Effusion'],
  cardiomegaly: ['Cardiomegaly'],
};

function chexpertCells({ patient: { findings } }: MiniStudy): string[] {
  const present = findings.flatMap(({ kind }) => CHEXPERT_OF[kind]);
  const known = Object.values(CHEXPERT_OF).flat();
  return CHEXPERT_COLUMNS.map((name) => {
    if (name === 'No Finding') return findings.length === 0 ? '1.0' : '';
    if (!known.includes(name)) return '';
    return present.includes(name) ? '1.0' : '0.0';
  });
}

/** Writes MIMIC-CXR's reports to `root/mimic-cxr`, and MIMIC-CXR-JPG's pictures and tables to `root/mimic-cxr-jpg`. */
export async function writeMimic(root: string, studies: readonly MiniStudy[]): Promise<void> {
  const pictures = path.join(root, 'mimic-cxr-jpg');
  for (const study of studies) {
    await writeFile(path.join(root, 'mimic-cxr', `${folderOf(study)}.txt`), study.report);
    for (const { image, render } of study.films)
      await writeFile(path.join(pictures, folderOf(study), `${image}.jpg`), await toJpeg(toGrey(render())));
  }
  const rows = studies.flatMap((study) => study.films.map((film) => ({ ...study, film })));
  const table = (name: string, columns: readonly string[], cells: readonly (readonly string[])[]) =>
    writeFile(path.join(pictures, `mimic-cxr-2.0.0-${name}.csv`), csvText(columns, cells));
  const { width, height } = FILM_SIZE;
  await table(
    'metadata',
    [
      'dicom_id',
      'subject_id',
      'study_id',
      'PerformedProcedureStepDescription',
      'ViewPosition',
      'Rows',
      'Columns',
    ],
    rows.map(({ patient, study, film }) => [
      ...[film.image, patient.subject, study, 'CHEST (PA AND LAT)', film.view],
      ...[String(height), String(width)],
    ]),
  );
  await table(
    'split',
    ['dicom_id', 'study_id', 'subject_id', 'split'],
    rows.map(({ patient, study, film, split }) => [film.image, study, patient.subject, split]),
  );
  await table(
    'chexpert',
    ['subject_id', 'study_id', ...CHEXPERT_COLUMNS],
    studies.map((study) => [study.patient.subject, study.study, ...chexpertCells(study)]),
  );
}
