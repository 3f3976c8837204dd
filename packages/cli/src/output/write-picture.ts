import { writeFileAtomically, writingTo } from '@crrg/core/node';
import { realpath } from 'node:fs/promises';
import { markPng, markSvg } from './marks.js';

/** Writes an SVG text or the bytes of a PNG file with our mark. @throws {OutputError} */
export async function writePicture(file: string, picture: string | Uint8Array): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const content = typeof picture === 'string' ? markSvg(picture) : markPng(picture);
  await writingTo(file, () => writeFileAtomically(target, content));
}
