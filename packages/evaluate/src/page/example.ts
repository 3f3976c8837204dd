import { clipBox, escapeXml, type Box } from '@crrg/core';
import { markOf, placeTags } from '@crrg/pipeline';
import type { RrgFilm, RrgFilmRegion } from '../rrg/film.js';
import { element, type Numbering } from './html.js';

/** A film that is shown with what was written of it. */
export interface ExampleFilm {
  readonly film: RrgFilm;
  /** The picture as a base64 `data:` URI. */
  readonly imageHref: string;
}

const SIDE = 720;
const TAG = { width: 24, height: 22 };
/** Regions that an example shows at most. */
const MOST_REGIONS = 6;

/** What an example shows: described regions, those with a reference phrase first, then those of which the reference alone speaks. */
export function shownRegions({ regions }: RrgFilm): RrgFilmRegion[] {
  const hasPhrase = ({ reference }: RrgFilmRegion) => (reference?.text ?? '').trim() !== '';
  const both = regions.filter((region) => region.sentence !== undefined && hasPhrase(region));
  const written = regions.filter((region) => region.sentence !== undefined && !hasPhrase(region));
  const unwritten = regions.filter((region) => region.sentence === undefined && hasPhrase(region));
  return [...both, ...written, ...unwritten].slice(0, MOST_REGIONS);
}

const round = (value: number) => Math.round(value * 10) / 10;

function outline({ x1, y1, x2, y2 }: Box, colour: string, dashes: string): string {
  const frame = `x="${round(x1)}" y="${round(y1)}" width="${round(x2 - x1)}" height="${round(y2 - y1)}" rx="2" fill="none"`;
  const dash = dashes && ` stroke-dasharray="${dashes}"`;
  return `<rect ${frame} stroke="#000" stroke-opacity=".5" stroke-width="5"/><rect ${frame} stroke="${colour}" stroke-width="2.5"${dash}/>`;
}

function renderFilm({ film, imageHref }: ExampleFilm, regions: readonly RrgFilmRegion[]): string {
  const scale = SIDE / Math.max(film.width, film.height);
  const size = { width: Math.round(film.width * scale), height: Math.round(film.height * scale) };
  const scaled = (box: Box) => {
    const { x1, y1, x2, y2 } = clipBox(box, film);
    return { x1: x1 * scale, y1: y1 * scale, x2: x2 * scale, y2: y2 * scale };
  };
  const marked = regions.map((region, index) => ({
    region,
    colour: markOf(index).colour,
    number: index + 1,
  }));
  const boxes = marked.flatMap(({ region: { box, reference }, colour }) => [
    ...(reference?.box ? [outline(scaled(reference.box), colour, '5 5')] : []),
    ...(box ? [outline(scaled(box), colour, '')] : []),
  ]);
  const tagged = marked.flatMap(({ region: { box, reference }, ...mark }) => {
    const place = box ?? reference?.box;
    return place ? [{ ...mark, box: scaled(place) }] : [];
  });
  const places = placeTags(
    tagged.map(({ box }) => box),
    TAG,
    size,
  );
  const tags = tagged.map(({ colour, number }, at) => {
    const { x1, y1 } = places[at]!;
    return (
      `<rect x="${round(x1)}" y="${round(y1)}" width="${TAG.width}" height="${TAG.height}" rx="3" fill="${colour}" stroke="#000"/>` +
      `<text x="${round(x1 + TAG.width / 2)}" y="${round(y1 + 16)}" font-family="Arial, sans-serif" font-size="15" font-weight="700" fill="#000" text-anchor="middle">${number}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img">`,
    `<title>Radiograph ${escapeXml(film.id)} with regions</title>`,
    `<image href="${imageHref}" width="${size.width}" height="${size.height}" preserveAspectRatio="none"/>`,
    ...boxes,
    ...tags,
    '</svg>',
  ].join('');
}

function renderRegion(region: RrgFilmRegion, index: number): string {
  const { name, sentence, reference, abnormalityScore, status } = region;
  const tag = element('span', String(index + 1), `class="tag" style="background:${markOf(index).colour}"`);
  const score =
    status === 'not-detected' ? 'not found' : `abnormality ${Math.round(100 * abnormalityScore)} %`;
  const phrase = reference?.text.trim() ? reference.text.trim() : undefined;
  const line = (who: string, text: string | undefined, none: string) =>
    text
      ? element('dd', escapeXml(text), `data-who="${who}"`)
      : element('dd', element('span', none, 'class="none"'), `data-who="${who}"`);
  return [
    element('dt', `${tag} ${escapeXml(name)} <span class="interval">${score}</span>`),
    line('written', sentence, 'no sentence: the region was not selected'),
    line('reference', phrase, reference ? 'says nothing of this region' : 'nothing is known of this region'),
  ].join('');
}

/** A film with its regions, the written sentences and those of the reference, as Figure 4 of the paper. */
export function renderExample(example: ExampleFilm, numbering: Numbering): string {
  const { film } = example;
  const regions = shownRegions(film);
  const hasReference = regions.some(({ reference }) => reference?.box);
  const boxes = hasReference ? 'Solid boxes: found; dashed: annotated.' : 'Boxes: as found.';
  const view = film.view === null ? '' : `, ${film.view}`;
  const doubts = film.doubts.length > 0 ? ` In doubt: ${film.doubts.join(', ')}.` : '';
  const caption = `<b>Figure ${numbering.figure()}.</b> ${escapeXml(`Film ${film.id}${view}. ${boxes}${doubts}`)}`;
  return [
    '<figure class="example">',
    element('div', renderFilm(example, regions), 'class="film"'),
    element('dl', regions.map(renderRegion).join('\n'), 'class="quote"'),
    element('figcaption', caption),
    '</figure>',
  ].join('\n');
}
