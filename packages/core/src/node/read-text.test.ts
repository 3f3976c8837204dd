import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDecodedText, readInputText } from './read-text.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'crrg-text-'))));
afterAll(() => rm(folder, { recursive: true }));

it('reads UTF-8 without its mark, other encodings with a note or not at all', async () => {
  const file = join(folder, 'text.txt');
  await writeFile(file, '\ufeffclear');
  expect(await readInputText(file)).toBe('clear');
  await writeFile(file, Buffer.from('na\xefve lungs are clear', 'latin1'));
  expect(await readDecodedText(file)).toMatchObject({ text: 'na\u00efve lungs are clear' });
  const message = expect.stringMatching(/^expected UTF-8 text, read as Windows-1252,/) as string;
  await expect(readInputText(file)).rejects.toMatchObject({ problems: [{ subject: file, message }] });
});

it('says why a file cannot be read', async () => {
  const absent = join(folder, 'nothing.txt');
  await expect(readInputText(absent)).rejects.toMatchObject({
    problems: [{ subject: absent, message: 'cannot be read: there is no such file.' }],
  });
  await expect(readInputText(folder)).rejects.toMatchObject({
    problems: [{ subject: folder, message: 'cannot be read: it is a folder.' }],
  });
});
