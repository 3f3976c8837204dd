import type { Doubt } from '@crrg/core';
import type { DataSet } from 'dicom-parser';
import { TAGS } from './tags.js';

/** What a file holds, as far as its attributes say. Texts are ours: none of the file is repeated. */
export interface FilmKind {
  /** Such as `a CT image`. */
  readonly name: string;
  /** What to do instead, where it is no radiograph of the chest that can be read. */
  readonly refusal?: string | undefined;
  readonly doubts: readonly Doubt[];
}

const RADIOGRAPH = 'a radiograph';
const ANOTHER_IMAGE = 'name a radiograph of the chest (CR or DX)';
const NO_PIXELS = 'name the film that belongs to it';

const SOP_CLASSES = '1.2.840.10008.5.1.4.1.1.';

/** Storage classes, by what follows {@link SOP_CLASSES}: the longest beginning counts. */
const KINDS_BY_CLASS: readonly (readonly [start: string, name: string, refusal?: string])[] = [
  ['1', RADIOGRAPH],
  ['1.1', RADIOGRAPH],
  ['1.2', 'a mammogram', ANOTHER_IMAGE],
  ['1.3', 'a dental radiograph', ANOTHER_IMAGE],
  ['7', 'a secondary capture'],
  ['2', 'a CT image', ANOTHER_IMAGE],
  ['3', 'an ultrasound image', ANOTHER_IMAGE],
  ['4', 'an MR image', ANOTHER_IMAGE],
  ['6', 'an ultrasound image', ANOTHER_IMAGE],
  ['12', 'an angiogram or fluoroscopy', ANOTHER_IMAGE],
  ['13', 'a tomosynthesis or 3D X-ray image', ANOTHER_IMAGE],
  ['20', 'a nuclear medicine image', ANOTHER_IMAGE],
  ['66', 'a segmentation or other derived object', ANOTHER_IMAGE],
  ['77', 'a photograph or microscope image', ANOTHER_IMAGE],
  ['128', 'a PET image', ANOTHER_IMAGE],
  ['130', 'a PET image', ANOTHER_IMAGE],
  ['481', 'a radiotherapy object', ANOTHER_IMAGE],
  ['9', 'a waveform', NO_PIXELS],
  ['11', 'a presentation state', NO_PIXELS],
  ['88', 'a structured report', NO_PIXELS],
  ['104', 'an encapsulated document', 'save the picture in it as PNG or JPEG'],
];

/** Modalities where the class says nothing; the radiographs have no refusal. */
const KINDS_BY_MODALITY: Readonly<Record<string, string>> = {
  CT: 'a CT image',
  MR: 'an MR image',
  US: 'an ultrasound image',
  MG: 'a mammogram',
  PT: 'a PET image',
  NM: 'a nuclear medicine image',
  XA: 'an angiogram',
  RF: 'a fluoroscopy',
  PX: 'a dental radiograph',
  IO: 'a dental radiograph',
  BMD: 'a bone density image',
  ES: 'an endoscopy',
  OP: 'a photograph of the eye',
  XC: 'a photograph',
  GM: 'a microscope image',
  SM: 'a microscope image',
  PR: 'a presentation state',
  SR: 'a structured report',
  DOC: 'an encapsulated document',
  SEG: 'a segmentation',
  ECG: 'a waveform',
};
const RADIOGRAPH_MODALITIES = ['CR', 'DX', 'RG'];

const CHEST = /CHEST|THORAX|LUNG|TORAX|BRUST|POITRINE/;
const LATERAL_VIEW = /^([LR]L|[LR]LD|[LR][LAP]O)$|LAT|OBL/;
const FRONTAL_VIEW = /^(PA|AP)/;
/** Codes of lateral and oblique projections in SNOMED CT and in its older form: DICOM PS3.16, CID 4010. */
const LATERAL_CODES: ReadonlySet<string> = new Set([
  ...['399067008', '399198007', '399173006', '399260004', '399352003', '30730003'],
  ...['R-102CD', 'R-10232', 'R-10236', 'R-10224', 'R-10228', 'G-A145'],
  ...['399236003', '399184004', '399182000', '399038007', '399006002', '399356000', '399135007'],
  ...['R-10234', 'R-10238', 'R-102C1', 'R-10210', 'R-10212', 'R-40985', 'R-10220'],
  ...['260427002', '399312000', '399059000', 'R-40783', 'R-10208', 'R-10216'],
]);

/** What the attributes say of a file, and what makes it doubtful that it is one frontal radiograph of the chest. */
export function findFilmKind(dataSet: DataSet): FilmKind {
  const byClass = kindOfClass(dataSet.string(TAGS.sopClassUid) ?? '');
  const modality = dataSet.string(TAGS.modality)?.toUpperCase() ?? '';
  const isByModality = RADIOGRAPH_MODALITIES.includes(modality);
  const other = KINDS_BY_MODALITY[modality];
  if (byClass?.refusal !== undefined) return { ...byClass, doubts: [] };
  if (byClass?.name !== RADIOGRAPH && other) return { name: other, refusal: ANOTHER_IMAGE, doubts: [] };
  const isRadiograph = byClass?.name === RADIOGRAPH || isByModality;
  const doubts = [
    ...(isRadiograph ? [] : [modalityUnknown()]),
    ...bodyPartDoubts(dataSet),
    ...viewDoubts(dataSet),
    ...intentDoubts(dataSet),
    ...squareDoubts(dataSet),
    ...polarityDoubts(dataSet),
  ];
  return { name: isRadiograph ? RADIOGRAPH : (byClass?.name ?? 'an image of an unknown kind'), doubts };
}

function kindOfClass(
  uid: string,
): { readonly name: string; readonly refusal?: string | undefined } | undefined {
  if (!uid.startsWith(SOP_CLASSES)) return undefined;
  const rest = uid.slice(SOP_CLASSES.length);
  const matching = KINDS_BY_CLASS.filter(([start]) => rest === start || rest.startsWith(`${start}.`));
  const [longest] = matching.sort(([a], [b]) => b.length - a.length);
  return longest && { name: longest[1], refusal: longest[2] };
}

function modalityUnknown(): Doubt {
  return {
    code: 'modality-unknown',
    message: 'the file does not say that it is a radiograph (CR or DX). Check that it is one.',
  };
}

function bodyPartDoubts(dataSet: DataSet): Doubt[] {
  const part = dataSet.string(TAGS.bodyPart)?.toUpperCase() ?? '';
  if (part === '' || CHEST.test(part)) return [];
  return [
    {
      code: 'not-a-chest',
      message:
        'the file says that it shows another part of the body than the chest. Check that it is a chest film.',
    },
  ];
}

function viewDoubts(dataSet: DataSet): Doubt[] {
  const view = dataSet.string(TAGS.viewPosition)?.toUpperCase() ?? '';
  const code = dataSet.elements[TAGS.viewCodeSequence]?.items?.[0]?.dataSet?.string(TAGS.codeValue) ?? '';
  const [rows, columns] = (dataSet.string(TAGS.patientOrientation) ?? '').toUpperCase().split('\\');
  const isLateral = LATERAL_VIEW.test(view) || LATERAL_CODES.has(code) || /^[AP]/.test(rows ?? '');
  if (isLateral && !FRONTAL_VIEW.test(view))
    return [
      {
        code: 'not-frontal',
        message: 'the file says that the view is lateral or oblique. Use a frontal film (PA or AP).',
      },
    ];
  if (!rows || !columns || (rows.startsWith('L') && columns.startsWith('F'))) return [];
  return [
    {
      code: 'orientation-not-applied',
      message:
        'the file says that its rows do not run to the left of the patient, or its columns not to the feet; the film may be mirrored or lie on its side. Turn it as films are read.',
    },
  ];
}

function intentDoubts(dataSet: DataSet): Doubt[] {
  const isRaw =
    dataSet.string(TAGS.sopClassUid) === `${SOP_CLASSES}1.1.1.1` ||
    dataSet.string(TAGS.presentationIntent)?.toUpperCase() === 'FOR PROCESSING';
  if (!isRaw) return [];
  return [
    {
      code: 'not-for-presentation',
      message:
        'the file holds the raw image of the detector, meant for processing and not for reading. Use the film "for presentation".',
    },
  ];
}

function squareDoubts(dataSet: DataSet): Doubt[] {
  const pair = [TAGS.pixelAspectRatio, TAGS.pixelSpacing, TAGS.imagerPixelSpacing]
    .map((tag) => [dataSet.floatString(tag, 0), dataSet.floatString(tag, 1)] as const)
    .find(([down, across]) => down !== undefined && across !== undefined && down > 0 && across > 0);
  if (!pair || Math.abs(pair[0]! / pair[1]! - 1) < 0.01) return [];
  return [
    {
      code: 'pixels-not-square',
      message:
        'the file says that its pixels are not square; the picture was not stretched to its true shape. Export it with square pixels.',
    },
  ];
}

function polarityDoubts(dataSet: DataSet): Doubt[] {
  const shape = dataSet.string(TAGS.presentationLutShape)?.toUpperCase();
  const isInverted = dataSet.string(TAGS.photometricInterpretation) === 'MONOCHROME1';
  const disagrees = (shape === 'INVERSE' && !isInverted) || (shape === 'IDENTITY' && isInverted);
  if (!disagrees) return [];
  return [
    {
      code: 'polarity-disagrees',
      message:
        'the file says in one place that its low values are black and in another that they are white; PhotometricInterpretation was followed. Check that the lungs are dark.',
    },
  ];
}
