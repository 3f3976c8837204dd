import { UNPRINTABLE_RANGES } from './printable-table.js';

/** First and last code point of each range, ascending. */
function decodeRanges(table: string): readonly (readonly [number, number])[] {
  let end = 0x7f;
  return table
    .trim()
    .split(/\s+/)
    .map((token) => {
      const [step, more] = token.split('+');
      const start = end + parseInt(step!, 36);
      end = start + (more === undefined ? 0 : parseInt(more, 36));
      return [start, end] as const;
    });
}

const RANGES = decodeRanges(UNPRINTABLE_RANGES);

/** Whether Python 3.11 shows this character as it is in `repr` (`str.isprintable`, Unicode 14.0). */
export function isPythonPrintable(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint >= 0x20 && codePoint < 0x7f;
  let [low, high] = [0, RANGES.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, end] = RANGES[middle]!;
    if (codePoint < start) high = middle - 1;
    else if (codePoint > end) low = middle + 1;
    else return false;
  }
  return true;
}
