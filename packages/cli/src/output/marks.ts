import { open } from 'node:fs/promises';

/** By these marks a later run knows that it may replace a file. A program that changes the picture moves or removes them. */
const SVG_MARK = '<metadata>crrg</metadata>';
const SVG_START = /^(<svg [^>]*>)/;
/** A chunk `tEXt` of a PNG file, `Software: crrg`. */
const PNG_MARK = Buffer.from('0000000d74455874536f66747761726500637272678a96acd7', 'hex');
/** Signature and header chunk. */
const PNG_HEAD = 33;

/** The picture with our mark right behind its head. */
export function markSvg(svg: string): string {
  return svg.replace(SVG_START, `$1${SVG_MARK}`);
}

/** The picture with our mark right behind its head. */
export function markPng(png: Uint8Array): Uint8Array {
  return Buffer.concat([png.subarray(0, PNG_HEAD), PNG_MARK, png.subarray(PNG_HEAD)]);
}

/** Whether a file is a picture that we wrote. */
export async function hasPictureMark(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
    const head = buffer.subarray(0, bytesRead);
    if (PNG_MARK.equals(head.subarray(PNG_HEAD, PNG_HEAD + PNG_MARK.length))) return true;
    const text = head.toString('latin1');
    const start = SVG_START.exec(text)?.[0];
    return start !== undefined && text.startsWith(SVG_MARK, start.length);
  } finally {
    await handle.close();
  }
}

/**
 * Whether every line of a file is a JSON object that begins with a schema of ours, such as `crrg/report/`. The last line may be torn.
 */
export async function hasLinesOf(file: string, schema: string): Promise<boolean> {
  const mark = `{"schema":"${schema}`;
  const handle = await open(file, 'r');
  try {
    for await (const line of handle.readLines()) {
      const start = line.slice(0, 2 * mark.length).replaceAll(' ', '');
      if (!start.startsWith(mark) && (start === '' || !mark.startsWith(start))) return false;
    }
    return true;
  } finally {
    await handle.close();
  }
}
