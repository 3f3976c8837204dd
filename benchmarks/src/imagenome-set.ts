import { link, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ANATOMICAL_REGIONS } from '@crrg/core';

/** Kinds of films; each stands under many names, as hard links. */
const TEMPLATES = 16;
/** A file may have so many names at least, on every file system. */
const MOST_LINKS = 10_000;
/** Files under way at once. */
const AT_ONCE = 64;

const TEXTS = [
  'The lungs are clear without focal consolidation. ',
  'There is a small left pleural effusion, unchanged from 2 cm. ',
  'FINDINGS: the heart is enlarged. ',
  'No acute osseous abnormality. ',
];

/** A scene graph with the fields of a real one, also those that are not read. */
function sceneGraph(template: number): string {
  const objects = ANATOMICAL_REGIONS.map((region, at) => ({
    object_id: `film_${region}`,
    ...{ x1: at, y1: at, x2: at + 50, y2: at + 60, width: 50, height: 60 },
    ...{ bbox_name: region, synsets: ['C0000000'], name: region },
    ...{ original_x1: 10 * at, original_y1: 12 * at, original_x2: 10 * at + 500, original_y2: 12 * at + 700 },
    ...{ original_width: 500, original_height: 700 },
  }));
  const attributes = ANATOMICAL_REGIONS.filter((_, at) => at % 3 === template % 3).map((region, at) => ({
    [region]: true,
    ...{ bbox_name: region, synsets: ['C0000000'], name: region, object_id: `film_${region}` },
    attributes: [
      ['anatomicalfinding|no|lung opacity', `nlp|yes|${at % 2 ? 'normal' : 'abnormal'}`],
      ['nlp|yes|normal'],
    ],
    attributes_ids: [['C1', 'C2'], ['C2']],
    phrases: [TEXTS[(at + template) % TEXTS.length]!, TEXTS[(at + 1) % TEXTS.length]!],
    phrase_IDs: ['1|1', '1|2'],
    sections: ['finalreport', 'finalreport'],
    ...{
      comparison_cues: [[], []],
      temporal_cues: [[], []],
      severity_cues: [[], []],
      texture_cues: [[], []],
    },
  }));
  return JSON.stringify({
    image_id: 'film',
    viewpoint: 'AP',
    patient_id: 1,
    objects,
    attributes,
    relationships: [],
  });
}

const report = (template: number) =>
  `                                 FINAL REPORT\n EXAMINATION:  CHEST\n \n FINDINGS: \n \n ${TEXTS.join(' ').repeat(1 + (template % 3))}\n \n IMPRESSION: \n \n No acute process.\n`;

/** A JPEG file of 2500 x 3000 up to its size. */
const JPEG = Uint8Array.from([
  ...[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0x0b, 0xb8, 0x09, 0xc4, 1, 1, 0x11, 0, 0xff, 0xd9],
]);

/** A name for film `at`, in the form of the data set's. */
function dicomId(at: number): string {
  const group = (salt: number) => (Math.imul(at + 1, salt) >>> 0).toString(16).padStart(8, '0');
  return [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1].map(group).join('-');
}

interface Template {
  readonly file: string;
  readonly isWritten: Promise<void>;
  links: number;
}

/** Gives templates many names; a fresh copy where a file has enough of them. */
class Links {
  readonly #templates = new Map<string, Template>();
  #copies = 0;

  constructor(private readonly folder: string) {}

  async add(key: string, content: () => string | Uint8Array, name: string): Promise<void> {
    let template = this.#templates.get(key);
    if (!template || template.links >= MOST_LINKS) {
      const file = join(this.folder, `${key}-${(this.#copies += 1)}`);
      template = { file, isWritten: writeFile(file, content()), links: 0 };
      this.#templates.set(key, template);
    }
    template.links += 1;
    await template.isWritten;
    await link(template.file, name);
  }
}

/**
 * Writes Chest ImaGenome, MIMIC-CXR and MIMIC-CXR-JPG of made-up films below a folder, under PhysioNet's names: 80 % for training, 10 % each for
 * validation and testing.
 * @returns bytes of a scene graph
 */
export async function writeImagenomeSet(root: string, count: number): Promise<number> {
  const graphs = join(root, 'imagenome/silver_dataset/scene_graph');
  const splits = join(root, 'imagenome/silver_dataset/splits');
  const templates = join(root, 'templates');
  for (const folder of [graphs, splits, templates]) await mkdir(folder, { recursive: true });
  const links = new Links(templates);
  const rows: Record<'train' | 'valid' | 'test', string[]> = { train: [], valid: [], test: [] };
  const films = Array.from({ length: count }, (_, at) => at);
  const made = new Set<string>();
  const writeFilm = async (at: number) => {
    const template = at % TEMPLATES;
    const [subject, study, image] = [10_000_000 + (at >> 2), 50_000_000 + at, dicomId(at)];
    const place = `files/p${String(subject).slice(0, 2)}/p${subject}`;
    const [films, texts] = [join(root, 'mimic-cxr-jpg', place, `s${study}`), join(root, 'mimic-cxr', place)];
    await mkdir(films, { recursive: true });
    if (!made.has(texts)) await mkdir(texts, { recursive: true });
    made.add(texts);
    await links.add(
      `graph-${template}`,
      () => sceneGraph(template),
      join(graphs, `${image}_SceneGraph.json`),
    );
    await links.add(`report-${template}`, () => report(template), join(texts, `s${study}.txt`));
    await links.add('picture', () => JPEG, join(films, `${image}.jpg`));
    const list = at % 10 === 8 ? rows.valid : at % 10 === 9 ? rows.test : rows.train;
    list.push(`${list.length},${subject},${study},${image},${place}/s${study}/${image}.dcm,AP\n`);
  };
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(films.slice(from, from + AT_ONCE).map(writeFilm));
  for (const [split, lines] of Object.entries(rows))
    await writeFile(
      join(splits, `${split}.csv`),
      `,subject_id,study_id,dicom_id,path,ViewPosition\n${lines.join('')}`,
    );
  await writeFile(join(splits, 'images_to_avoid.csv'), 'subject_id,study_id,dicom_id,path,ViewPosition\n');
  return sceneGraph(0).length;
}
