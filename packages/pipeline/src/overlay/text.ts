/** Advance widths of the printable ASCII characters from the space on, in hundredths of the font size (Noto Sans). */
const REGULAR_WIDTHS = [
  26, 27, 41, 65, 57, 83, 73, 23, 30, 30, 55, 57, 27, 32, 27, 37, 57, 57, 57, 57, 57, 57, 57, 57, 57, 57, 27,
  27, 57, 57, 57, 43, 90, 64, 65, 63, 73, 56, 52, 73, 74, 34, 27, 62, 52, 91, 76, 78, 61, 78, 62, 55, 56, 73,
  60, 93, 59, 57, 57, 33, 37, 33, 57, 44, 28, 56, 62, 48, 62, 56, 34, 62, 62, 26, 26, 53, 26, 94, 62, 61, 62,
  62, 41, 48, 36, 62, 51, 79, 53, 51, 47, 38, 55, 38, 57,
];

/** A viewer may lack the font; the widest common substitute (DejaVu Sans) is this much wider. */
const SUBSTITUTE_MARGIN = { regular: 1.1, bold: 1.22 };

/** How a text is set. */
export interface TextStyle {
  /** In pixels. */
  readonly fontSize: number;
  readonly isBold?: boolean | undefined;
}

/** An upper estimate of the width of a text in pixels, in any common sans-serif font. */
export function measureText(text: string, style: TextStyle): number {
  let hundredths = 0;
  for (const character of text) hundredths += REGULAR_WIDTHS[character.codePointAt(0)! - 32] ?? 100;
  return (hundredths / 100) * style.fontSize * SUBSTITUTE_MARGIN[style.isBold ? 'bold' : 'regular'];
}

/** The text in lines no wider than `width` pixels; words longer than a line are broken. No line is empty. */
export function wrapText(text: string, width: number, style: TextStyle): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter(Boolean);
  for (const piece of words.flatMap((word) => breakWord(word, width, style))) {
    const longer = line ? `${line} ${piece}` : piece;
    if (line && measureText(longer, style) > width) {
      lines.push(line);
      line = piece;
    } else {
      line = longer;
    }
  }
  return line ? [...lines, line] : lines;
}

function breakWord(word: string, width: number, style: TextStyle): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece && measureText(piece + character, style) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}
