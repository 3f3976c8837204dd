import { spawnSync } from 'node:child_process';
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OutputError } from '@crrg/core/node';
import { encodePng, greyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeError, UsageError } from '../errors.js';
import { createClaims, linesKind, PICTURE_KIND } from './claims.js';
import { openLineFile } from './line-file.js';
import { hasLinesOf, hasPictureMark, markPng, markSvg } from './marks.js';
import { writePicture } from './write-picture.js';

let folder: string;
const at = (...names: readonly string[]) => path.join(folder, ...names);
const text = (name: string) => readFile(at(name), 'utf8');
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'crrg-output-'))));
afterEach(() => rm(folder, { recursive: true }));

const REPORTS = linesKind('reports', 'crrg/report/');
const FILM = () => encodePng(greyImage(3, 2, new Uint8Array(6)));

describe('a file for output', () => {
  const claim = async (file: string, inputs: readonly string[] = [], kind = REPORTS) =>
    (await createClaims(inputs)).claim({ option: '--out', file, kind });
  const refusal = async (...args: Parameters<typeof claim>) => {
    const error: unknown = await claim(...args).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.replaceAll(folder, 'F');
  };

  it.each<[string, (film: string) => Promise<string>]>([
    ['its own name', async (film) => film],
    ['a detour', async () => `${at()}/./sub/../film.png`],
    ['a symbolic link', async (film) => (await symlink(film, at('s')), at('s'))],
    ['a hard link', async (film) => (await link(film, at('h')), at('h'))],
    ['a linked folder', async () => (await symlink(folder, at('d')), at('d', 'film.png'))],
  ])('is never an input by %s, though it holds what we wrote', async (_, nameOf) => {
    await mkdir(at('sub'));
    await writeFile(at('film.png'), markPng(FILM()));
    const name = await nameOf(at('film.png'));
    const message = await refusal(name, [at('film.png')], PICTURE_KIND);
    expect(message).toMatch(/^--out: expected a file of its own, got F.*, which is the input F\/film\.png;/);
  });

  it('is no input that is missing', async () => {
    expect(await refusal(at('x', '..', 'gone.png'), [at('gone.png')])).toContain('is the input');
  });

  it('is one output only', async () => {
    const claims = await createClaims([]);
    const out = { file: at('a.svg'), kind: PICTURE_KIND };
    await claims.claim({ ...out, option: '--overlay', owner: 'film 1' });
    await expect(claims.claim({ ...out, option: '--jsonl' })).rejects.toThrow('which film 1 has');
  });

  it('may be new, empty, or hold lines of the same schema', async () => {
    await claim(at('new', 'a.jsonl'));
    await writeFile(at('a'), '');
    await claim(at('a'));
    await writeFile(at('a'), '{"schema":"crrg/report/1","text":"a"}\n{"schema": "crrg/report/2"}\n{"sche');
    await claim(at('a'));
  });

  it.each([
    ['another schema', '{"schema":"crrg/classification/1"}\n'],
    ['notes of a person behind ours', '{"schema":"crrg/report/1"}\nmy notes\n'],
    ['an empty line', '{"schema":"crrg/report/1"}\n\n{"schema":"crrg/report/1"}\n'],
    ['other JSON', '{"id":1}\n'],
    ['text', 'abc'],
    ['one byte', '\n'],
  ])('is refused with %s', async (_, content) => {
    await writeFile(at('a'), content);
    expect(await refusal(at('a'))).toMatch(
      /^--out: expected a new file or reports, got F\/a, which is a file of another origin; choose another name/,
    );
    expect(await text('a')).toBe(content);
  });

  it('is no folder, no link to nothing, and for pictures no device', async () => {
    await symlink(at('nowhere'), at('dangling'));
    expect(await refusal(folder)).toContain('which is a folder');
    expect(await refusal(at('dangling'))).toContain('which is a link to nothing');
    expect(await refusal('/dev/null', [], PICTURE_KIND)).toContain('which is no regular file');
    await claim('/dev/null');
  });

  it('is a picture only with our mark where we put it', async () => {
    const film = FILM();
    const svg = '<svg xmlns="x" width="3"><title>a</title></svg>';
    const marks = async (content: string | Uint8Array) => {
      await writeFile(at('p'), content);
      return hasPictureMark(at('p'));
    };
    expect(await marks(film)).toBe(false);
    expect(await marks(markPng(film))).toBe(true);
    expect(await marks(Buffer.concat([Buffer.from('x'), markPng(film)]))).toBe(false);
    expect(await marks(svg)).toBe(false);
    expect(await marks(markSvg(svg))).toBe(true);
    expect(await marks(`<?xml version="1.0"?>${markSvg(svg)}`)).toBe(false);
    expect(await marks(svg.replace('</title>', '</title><metadata>crrg</metadata>'))).toBe(false);
    expect(await decodeImage(markPng(film))).toEqual(await decodeImage(film));
  });

  it('may end inside the mark', async () => {
    await writeFile(at('a'), '{"schema":"crrg/rep');
    expect(await hasLinesOf(at('a'), 'crrg/report/')).toBe(true);
  });
});

describe('a file of lines', () => {
  it('keeps what it held until the first line is ready, then grows', async () => {
    await writeFile(at('a'), 'old\n');
    const lines = await openLineFile(at('a'));
    expect(await text('a')).toBe('old\n');
    await lines.add('1\n');
    expect(await text('a')).toBe('1\n');
    await lines.add('2\n');
    expect(await text('a')).toBe('1\n2\n');
    await lines.end();
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('stays as it was where no line came', async () => {
    await writeFile(at('a'), 'old\n');
    await (await openLineFile(at('a'))).end();
    expect(await text('a')).toBe('old\n');
    await (await openLineFile(at('b'))).end();
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('is written by one run at a time, whatever name it is called by', async () => {
    await writeFile(at('a'), 'old\n');
    await symlink(at('a'), at('s'));
    const lines = await openLineFile(at('a'));
    await expect(openLineFile(at('s'))).rejects.toThrow(/expected a file that no other run writes.*a\.lock/);
    await lines.end();
    const again = await openLineFile(at('s'));
    await again.add('1\n');
    await again.end();
    expect(await text('a')).toBe('1\n');
  });

  it('says which file cannot be written, and why', async () => {
    await writeFile(at('a'), '');
    const error: unknown = await openLineFile(at('a', 'b.jsonl')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OutputError);
    expect((error as Error).message).toBe(
      `${at('a', 'b.jsonl')}: cannot be written: a part of its path is no folder`,
    );
    expect(describeError(new OutputError('out.jsonl', { code: 'ENOSPC' }))).toBe(
      'out.jsonl: cannot be written: the disk is full',
    );
    const full = await openLineFile('/dev/full');
    await expect(full.add('1\n')).rejects.toThrow('/dev/full: cannot be written: the disk is full');
    await full.end();
  });

  it('goes into a device without a lock or a temporary file', async () => {
    const lines = await openLineFile('/dev/null');
    await lines.add('1\n');
    await lines.end();
    expect((await readdir('/dev')).filter((name) => name.startsWith('null.'))).toEqual([]);
  });

  it('does not wait for a pipe that nobody reads', async () => {
    expect(spawnSync('mkfifo', [at('pipe')]).status).toBe(0);
    await expect(openLineFile(at('pipe'))).rejects.toThrow('pipe: cannot be written: nobody reads it');
  });

  it('loses a torn line and no other where the disk is full', () => {
    const script = `
      import { openLineFile } from './packages/cli/src/output/line-file.ts';
      const lines = await openLineFile(process.argv[1]);
      const line = 'x'.repeat(1999) + '\\n';
      for (let count = 0; ; count++)
        await lines.add(line).catch(async (error) => {
          await lines.end();
          console.log(count, error.message.split(': ').slice(1).join(': '));
          process.exit();
        });`;
    const node = `${process.execPath} --conditions=@crrg/source --import tsx --input-type=module`;
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `ulimit -f 8; exec ${node} -e "$1" "$2"`, 'bash', script, at('a')],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('4 cannot be written: the file is larger than the system allows\n');
    const read = spawnSync('wc', ['-lc', at('a')], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/);
    expect(read.slice(0, 2)).toEqual(['4', '8000']);
  }, 20_000);
});

describe('a picture', () => {
  it('replaces the file behind a link, and the link stays', async () => {
    await writeFile(at('a.svg'), '');
    await symlink(at('a.svg'), at('s.svg'));
    await writePicture(at('s.svg'), '<svg x="1"></svg>');
    expect(await text('a.svg')).toBe('<svg x="1"><metadata>crrg</metadata></svg>');
    await rename(at('s.svg'), at('t.svg'));
    expect(await text('t.svg')).toBe(await text('a.svg'));
  });

  it('that cannot be written is the fault of its file', async () => {
    await writeFile(at('a'), '');
    await expect(writePicture(at('a', 'x.svg'), '<svg x="1"></svg>')).rejects.toBeInstanceOf(OutputError);
  });
});
