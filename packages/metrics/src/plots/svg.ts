const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text as XML content or attribute value; characters that XML forbids become U+FFFD. @internal */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** One decimal: a tenth of a pixel. @internal */
export const round = (value: number) => Math.round(value * 10) / 10;

/** How a text is set. @internal */
export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  readonly isBold?: boolean;
  /** Degrees, clockwise, about the point. */
  readonly turn?: number;
}

/** @internal */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 14, anchor = 'start', colour = INK, isBold = false, turn = 0 } = style;
  const weight = isBold ? ' font-weight="700"' : '';
  const rotation = turn ? ` transform="rotate(${turn} ${round(x)} ${round(y)})"` : '';
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${weight}${rotation}>${escapeXml(content)}</text>`;
}

/** @internal */
export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, rest = ''): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"${rest && ` ${rest}`}/>`;
}

/** @internal */
export const INK = '#1a1a1a';
/** @internal */
export const GRID = '#dddddd';
/** @internal */
export const MUTED = '#595959';

const FONT_FAMILY = "'Noto Sans', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";

/** A whole picture on white. @internal */
export function svgDocument(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT_FAMILY}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** The text, or its beginning and an ellipsis. @internal */
export function shorten(content: string, length: number): string {
  const characters = [...content];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : content;
}
