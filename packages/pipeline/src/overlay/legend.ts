import { escapeXml, type Box } from '@crrg/core';
import type { Mark } from './marks.js';
import { measureText, wrapText } from './text.js';

/** A region with its number and mark. */
export interface LegendEntry extends Mark {
  readonly number: string;
  readonly name: string;
  readonly box: Box | null;
  readonly sentence?: string | undefined;
  readonly score?: number | undefined;
}

/** Settings of a legend. */
export interface LegendOptions {
  /** Of one column, in pixels. */
  readonly width: number;
  /** Entries that would be taller in one column, in pixels, come in two. */
  readonly preferredHeight: number;
  readonly title?: string | undefined;
  readonly scoreName?: string | undefined;
  /** Below the title, in the colour of the notice. @defaultValue none */
  readonly warning?: string | undefined;
  /** Small print below the entries. @defaultValue none */
  readonly notes?: readonly string[] | undefined;
}

/** A piece of SVG whose upper left corner is the origin. */
export interface Block {
  readonly svg: string;
  /** In pixels. */
  readonly height: number;
  /** In pixels; 0 where it does not matter. */
  readonly width: number;
}

const TITLE = { fontSize: 24, isBold: true };
const NAME = { fontSize: 20, isBold: true };
const SENTENCE = { fontSize: 18 };
const SCORE = { fontSize: 16 };
const INDENT = 52;
const LINE = 25;
const ENTRY_GAP = 16;
const COLUMN_GAP = 32;

/** The list beside the film: number, region, score and sentence of each entry; in two columns where one would be too tall. */
export function renderLegend(entries: readonly LegendEntry[], options: LegendOptions): Block {
  const rows = entries.map((entry) => renderEntry(entry, options));
  if (rows.length === 0) rows.push(textBlock(['No region is described.'], SENTENCE, 0, '#E8EAED'));
  const columns = arrangeColumns(rows, options);
  const title = textBlock(
    wrapText(options.title ?? 'Described regions', columns.width, TITLE),
    TITLE,
    0,
    '#FFFFFF',
  );
  const warning = textBlock(wrapText(options.warning ?? '', columns.width, NAME), NAME, 0, '#F2C14E');
  const notes = [...(options.notes ?? []), '“Right” and “left” are the patient’s.'];
  const hint = textBlock(
    notes.flatMap((note) => wrapText(note, columns.width, SCORE)),
    SCORE,
    0,
    '#A3ABB3',
  );
  return {
    ...stack([title, ...(options.warning ? [warning] : []), columns, hint], ENTRY_GAP),
    width: columns.width,
  };
}

function arrangeColumns(rows: readonly Block[], { width, preferredHeight }: LegendOptions): Block {
  const single = stack(rows, ENTRY_GAP);
  if (single.height <= preferredHeight) return { ...single, width };
  const split = rows.findIndex(
    (_, index) => stack(rows.slice(0, index), ENTRY_GAP).height >= single.height / 2,
  );
  if (split < 1) return { ...single, width };
  const [left, right] = [stack(rows.slice(0, split), ENTRY_GAP), stack(rows.slice(split), ENTRY_GAP)];
  return {
    svg: `${left.svg}<g transform="translate(${width + COLUMN_GAP} 0)">${right.svg}</g>`,
    height: Math.max(left.height, right.height),
    width: 2 * width + COLUMN_GAP,
  };
}

function renderEntry(entry: LegendEntry, { width, scoreName }: LegendOptions): Block {
  const room = width - INDENT;
  const score = entry.score === undefined ? '' : `${scoreName ?? 'score'} ${entry.score.toFixed(2)}`;
  const nameRoom = room - (score ? measureText(score, SCORE) + 16 : 0);
  const name = textBlock(wrapText(entry.name, nameRoom, NAME), NAME, INDENT, entry.colour);
  const note = entry.sentence ?? (entry.box ? 'Not described.' : 'Not found in the image.');
  const colour = entry.sentence === undefined ? '#A3ABB3' : '#E8EAED';
  const sentence = textBlock(wrapText(note, room, SENTENCE), SENTENCE, INDENT, colour);
  const scoreText = score
    ? `<text x="${width}" y="19" font-size="${SCORE.fontSize}" fill="#A3ABB3" text-anchor="end">${escapeXml(score)}</text>`
    : '';
  const both = stack([name, sentence], 0);
  return { svg: renderChip(entry) + scoreText + both.svg, height: both.height, width };
}

/** The number in the region's colour, over a sample of its line. */
function renderChip(entry: LegendEntry): string {
  const dashes = entry.dashes ? ` stroke-dasharray="${entry.dashes}"` : '';
  return (
    `<rect width="36" height="26" rx="4" fill="${entry.colour}"/>` +
    `<text x="18" y="19.5" font-size="18" font-weight="700" fill="#000" text-anchor="middle">${entry.number}</text>` +
    `<line x1="0" y1="35" x2="36" y2="35" stroke="${entry.colour}" stroke-width="3"${dashes}/>`
  );
}

function textBlock(
  lines: readonly string[],
  style: { readonly fontSize: number; readonly isBold?: boolean },
  x: number,
  colour: string,
): Block {
  const lineHeight = Math.max(LINE, style.fontSize * 1.3);
  const weight = style.isBold ? ' font-weight="700"' : '';
  const rows = lines.map(
    (line, index) =>
      `<text x="${x}" y="${Math.round(20 + index * lineHeight)}" font-size="${style.fontSize}"${weight} fill="${colour}">${escapeXml(line)}</text>`,
  );
  return { svg: rows.join('\n'), height: lines.length * lineHeight, width: 0 };
}

function stack(blocks: readonly Block[], gap: number): Block {
  let height = 0;
  const parts = blocks.map((block) => {
    const part = `<g transform="translate(0 ${Math.round(height)})">${block.svg}</g>`;
    height += block.height + gap;
    return part;
  });
  return { svg: parts.join('\n'), height: Math.max(0, height - gap), width: 0 };
}
