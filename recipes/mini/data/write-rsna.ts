import path from 'node:path';
import { createHash } from 'node:crypto';
import { dicomFilm } from './dicom.js';
import { drawPatients, drawThorax, FILM_SIZE, hasOpacity, regionOf, type Patient } from './patient.js';
import { renderFilm, type Film } from './phantom.js';
import { ANATOMICAL_REGIONS, type Box } from '@crrg/core';
import { csvText, writeFile } from './files.js';

/** Numbers of patients begin here, so that none is also in the other sets. */
const FIRST_PATIENT = 50_000;
const BITS = 12;

/** A UUID, as RSNA names its patients. */
function patientId({ subject }: Patient): string {
  const hex = createHash('sha256').update(`rsna ${subject}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

/** Every other film is stored inverted. */
function toDicom({ pixels }: Film, isInverted: boolean): Uint8Array {
  const white = 2 ** BITS - 1;
  const data = Uint16Array.from(pixels, (value) => Math.round((isInverted ? 1 - value : value) * white));
  return dicomFilm({ ...FILM_SIZE, data, isInverted });
}

const labelCells = (id: string, { x1, y1, x2, y2 }: Box) => [
  id,
  ...[x1, y1, x2 - x1, y2 - y1].map((value) => value.toFixed(1)),
  '1',
];

/** Writes the RSNA pneumonia challenge to `root/rsna`: DICOM films, boxes of opacities and classes of `count` patients. */
export async function writeRsna(root: string, seed: number, count: number): Promise<void> {
  const folder = path.join(root, 'rsna');
  const labels: string[][] = [];
  const classes: string[][] = [];
  for (const [index, patient] of drawPatients(seed, FIRST_PATIENT, count).entries()) {
    const id = patientId(patient);
    const random = patient.random.fork('film 0');
    const film = renderFilm(patient, drawThorax(patient, random.fork('thorax')), random.fork('film'));
    await writeFile(path.join(folder, `stage_2_train_images/${id}.dcm`), toDicom(film, index % 2 === 1));
    const opacities = patient.findings.filter(({ kind }) => kind === 'opacity');
    const boxes = opacities.map((finding) => film.boxes[ANATOMICAL_REGIONS.indexOf(regionOf(finding))]!);
    labels.push(
      ...(boxes.length > 0 ? boxes.map((box) => labelCells(id, box)) : [[id, '', '', '', '', '0']]),
    );
    const other = patient.findings.length === 0 ? 'Normal' : 'No Lung Opacity / Not Normal';
    classes.push([id, hasOpacity(patient) ? 'Lung Opacity' : other]);
  }
  await writeFile(
    path.join(folder, 'stage_2_train_labels.csv'),
    csvText(['patientId', 'x', 'y', 'width', 'height', 'Target'], labels),
  );
  await writeFile(
    path.join(folder, 'stage_2_detailed_class_info.csv'),
    csvText(['patientId', 'class'], classes),
  );
}
