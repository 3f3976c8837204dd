import { dicomFile, filmElements, type Element, type MetaHeader } from './dicom-film.js';

type PlantSource = Pick<Plants, 'text' | 'digits'>;

/** Texts that must not come out of a film, each its own. */
export interface Plants {
  readonly texts: readonly string[];
  /** A new text; `digits` gives one that numbers, dates and UIDs allow. */
  text(kind: string): string;
  digits(): string;
  /** Elements with a text each, in every film. */
  readonly elements: readonly Element[];
  readonly meta: readonly Element[];
}

export function createPlants(): Plants {
  const texts: string[] = [];
  const add = (text: string) => {
    texts.push(text);
    return text;
  };
  const text = (kind: string) => add(`LEAK${kind}${100 + texts.length}`);
  const digits = () => add(`7719${40_123 + 7 * texts.length}`);
  const source = { text, digits };
  return { texts, ...source, elements: plantedElements(source), meta: plantedMeta(source) };
}

function plantedMeta({ text, digits }: PlantSource): Element[] {
  return [
    [0x00020003, 'UI', `1.2.276.0.${digits()}`],
    [0x00020012, 'UI', `1.2.276.0.${digits()}`],
    [0x00020013, 'SH', text('SH')],
    [0x00020016, 'AE', text('AE')],
    [0x00020100, 'UI', `1.2.276.0.${digits()}`],
    [0x00020102, 'OB', Buffer.from(text('OB'))],
  ];
}

/** A planted text in every kind of text element: of patient, study, series, image and device, in private and in nested ones. */
function plantedElements({ text, digits }: PlantSource): Element[] {
  const uid = () => `1.2.276.0.${digits()}.1`;
  const code = (): Element[] => [
    [0x00080100, 'SH', text('SH')],
    [0x00080102, 'SH', text('SH')],
    [0x00080104, 'LO', text('LO')],
  ];
  const deep: Element = [0x00081110, 'SQ', [[[0x00081155, 'UI', uid()], [0x00081199, 'SQ', [[[0x00080018, 'UI', uid()], [0x00100010, 'PN', text('PN')]]]]]]];
  return [
    [0x00080005, 'CS', text('CS')],
    [0x00080008, 'CS', `${text('CS')}\\${text('CS')}`],
    [0x00080018, 'UI', uid()],
    [0x00080020, 'DA', digits()],
    [0x0008002a, 'DT', `${digits()}.1`],
    [0x00080030, 'TM', digits()],
    [0x00080050, 'SH', text('SH')],
    [0x00080054, 'AE', text('AE')],
    [0x00080080, 'LO', text('LO')],
    [0x00080081, 'ST', text('ST')],
    [0x00080090, 'PN', `${text('PN')}^${text('PN')}`],
    [0x00080119, 'UC', text('UC')],
    [0x00080120, 'UR', `https://${text('UR')}`],
    [0x00081030, 'LO', text('LO')],
    deep,
    [0x00082218, 'SQ', [code()]],
    [0x00090010, 'LO', text('LO')],
    [0x00091001, 'UN', Buffer.from(text('UN'))],
    [0x00091002, 'OB', Buffer.from(text('OB'))],
    [0x00100010, 'PN', `${text('PN')}^${text('PN')}`],
    [0x00100020, 'LO', text('LO')],
    [0x00100030, 'DA', digits()],
    [0x00100040, 'CS', text('CS')],
    [0x00101010, 'AS', text('AS')],
    [0x00101030, 'DS', digits()],
    [0x00104000, 'LT', text('LT')],
    [0x00181000, 'LO', text('LO')],
    [0x00181030, 'LO', text('LO')],
    [0x0020000d, 'UI', uid()],
    [0x0020000e, 'UI', uid()],
    [0x00200010, 'SH', text('SH')],
    [0x00200011, 'IS', digits()],
    [0x00200052, 'UI', uid()],
    [0x00204000, 'LT', text('LT')],
    [0x00281055, 'LO', text('LO')],
    [0x0040a160, 'UT', text('UT')],
    [0x00400275, 'SQ', [[[0x00321060, 'LO', text('LO')], [0x00400007, 'LO', text('LO')], [0x00400008, 'SQ', [code()]]]]],
    [0x00540220, 'SQ', [code()]],
    [0x60000022, 'LO', text('LO')],
    [0xfffcfffc, 'OB', Buffer.from(text('OB'))],
  ];
}

/** A chest film full of planted texts, in its preamble and meta header too; `more` replaces elements of the same tag. */
export function plantedFilm(plants: Plants, more: readonly Element[] = [], header: MetaHeader = {}): Buffer {
  const size = 96;
  // A bright middle between two dark sides.
  const data = Array.from({ length: size * size }, (_, at) => {
    const [x, y] = [at % size, Math.floor(at / size)];
    return 300 + Math.round(1500 * (1 + Math.cos((4 * Math.PI * x) / size))) + 4 * y;
  });
  const replaced = new Set(more.map(([tag]) => tag));
  const elements = [...plants.elements.filter(([tag]) => !replaced.has(tag)), ...more];
  return dicomFile(filmElements({ width: size, height: size, data }, elements), {
    preamble: `\0${plants.texts[0]}`,
    more: plants.meta,
    ...header,
  });
}

/** Films with a planted text where an attribute is read that decides what they are; some are read with doubts, some refused. */
export function oddPlantedFilms(plants: Plants): Record<string, Buffer> {
  const { text, digits } = plants;
  const film = (...more: readonly Element[]) => plantedFilm(plants, more);
  return {
    modality: film([0x00080060, 'CS', text('CS')], [0x00080016, 'UI', `1.2.276.0.${digits()}`]),
    'body-part': film([0x00180015, 'CS', text('CS')]),
    view: film([0x00185101, 'CS', `LL${text('CS')}OBL`], [0x00200020, 'CS', `A${text('CS')}\\${text('CS')}`]),
    intent: film([0x00080068, 'CS', text('CS')], [0x20500020, 'CS', text('CS')]),
    window: film([0x00281050, 'DS', text('DS')], [0x00281051, 'DS', text('DS')], [0x00281056, 'CS', text('CS')]),
    windows: film(
      [0x00281050, 'DS', '2000\\1000'],
      [0x00281051, 'DS', '4000\\1000'],
      [0x00281055, 'LO', `${text('LO')}\\${text('LO')}`],
    ),
    aspect: film([0x00280034, 'IS', `${text('IS')}\\1`]),
    photometric: film([0x00280004, 'CS', text('CS')]),
    colour: film([0x00280004, 'CS', `RGB${text('CS')}`]),
    frames: film([0x00280008, 'IS', digits()]),
    slope: film([0x00281053, 'DS', text('DS')]),
    table: film([0x00283010, 'SQ', [[[0x00283002, 'US', Buffer.from(text('US'))], [0x00283003, 'LO', text('LO')], [0x00283006, 'OW', Buffer.from(text('OW'))]]]]),
    ct: film([0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'], [0x00080060, 'CS', 'CT']),
    representation: film([0x00104000, 'ZZ', text('ZZ')]),
    syntax: plantedFilm(plants, [], { syntax: text('UI') }),
    'standard-syntax': plantedFilm(plants, [], { syntax: `1.2.840.10008.1.2.4.${digits()}` }),
  };
}

/** A film cut off, and with the length of an element changed. */
export function damagedPlantedFilms(plants: Plants): Record<string, Buffer> {
  const whole = plantedFilm(plants);
  const nameAt = whole.indexOf(Buffer.from([0x10, 0, 0x10, 0, 0x50, 0x4e]));
  const changed = Buffer.from(whole);
  changed.writeUInt16LE(0xfff1, nameAt + 6);
  const endless = Buffer.from(whole);
  endless.writeUInt16LE(7, nameAt + 6);
  return {
    'cut-in-meta': whole.subarray(0, 200),
    'cut-in-name': whole.subarray(0, nameAt + 15),
    'cut-in-pixels': whole.subarray(0, whole.length - 5000),
    'long-name': changed,
    'odd-length': endless,
    headless: whole.subarray(nameAt - 300),
  };
}
