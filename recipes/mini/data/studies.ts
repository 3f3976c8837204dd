import { createHash } from 'node:crypto';
import type { Box } from '@crrg/core';
import { drawPatients, drawThorax, regionBoxes, type Patient } from './patient.js';
import { renderFilm, type Film } from './phantom.js';
import { findingSentences, impressionOf, reportFile, type Sentence } from './sentences.js';

/** The names of MIMIC-CXR's official splits. */
export type MimicSplit = 'train' | 'validate' | 'test';

/** A study with its films, as the three data sets of one patient describe it. */
export interface MiniStudy {
  readonly patient: Patient;
  readonly split: MimicSplit;
  /** MIMIC-CXR's `study_id`. */
  readonly study: string;
  readonly sentences: readonly Sentence[];
  /** Text of the report file. */
  readonly report: string;
  readonly films: readonly MiniFilm[];
}

/** One film of a study. */
export interface MiniFilm {
  /** MIMIC-CXR's `dicom_id`, Chest ImaGenome's `image_id`. */
  readonly image: string;
  readonly view: 'PA' | 'AP';
  /** Of the 29 regions, in pixels. */
  readonly boxes: readonly Box[];
  /** Drawn anew at each call, and the same each time. */
  readonly render: () => Film;
}

/** Patients of each split of a set. */
export type SplitSizes = Readonly<Record<MimicSplit, number>>;

/** Share of studies with a second film, which the contrastive model sees as a second view. */
const TWO_FILMS = 0.25;

const hexOf = (name: string, length: number) =>
  createHash('sha256').update(name).digest('hex').slice(0, length);

/** 5 groups of 8 hexadecimal digits. */
const imageId = (name: string) => hexOf(name, 40).match(/.{8}/g)!.join('-');

function filmOf(patient: Patient, study: string, index: number): MiniFilm {
  const random = patient.random.fork(`film ${index}`);
  const thorax = drawThorax(patient, random.fork('thorax'));
  return {
    image: imageId(`${patient.subject} ${study} ${index}`),
    view: random.fork('view').next() < 0.6 ? 'PA' : 'AP',
    boxes: regionBoxes(thorax),
    render: () => renderFilm(patient, thorax, random.fork('film')),
  };
}

function studyOf(patient: Patient, split: MimicSplit): MiniStudy {
  const study = String(50_000_000 + Number(patient.subject) - 10_000_000);
  const sentences = findingSentences(patient);
  const numFilms = patient.random.fork('films').next() < TWO_FILMS ? 2 : 1;
  return {
    patient,
    split,
    study,
    sentences,
    report: reportFile(sentences.map(({ text }) => text).join(' '), impressionOf(patient)),
    films: Array.from({ length: numFilms }, (_, index) => filmOf(patient, study, index)),
  };
}

/** The studies of a made-up MIMIC-CXR, one a patient, split by patient. */
export function drawStudies(seed: number, sizes: SplitSizes): MiniStudy[] {
  let first = 0;
  return (['train', 'validate', 'test'] as const).flatMap((split) => {
    const patients = drawPatients(seed, first, sizes[split]);
    first += sizes[split];
    return patients.map((patient) => studyOf(patient, split));
  });
}
