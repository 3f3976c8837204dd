import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { greyImage, type GreyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import type { RadiographClassification } from '@crrg/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dicomFile, filmElements, MEDIA_DIRECTORY, type Element } from '../__fixtures__/dicom-film.js';
import { run } from '../__fixtures__/run.js';

let folder: string;
const at = (...names: readonly string[]) => path.join(folder, ...names);
const SIZE = 64;
/** From 0 at the left to 3969, in 12 bits. */
const RAMP = {
  width: SIZE,
  height: SIZE,
  data: Array.from({ length: SIZE * SIZE }, (_, index) => 63 * (index % SIZE)),
};
const film = (...more: readonly Element[]) => dicomFile(filmElements(RAMP, more));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-dicom-'));
  await mkdir(at('films'));
  await writeFile(
    at('films', 'IM1'),
    film([0x00280004, 'CS', 'MONOCHROME1'], [0x00281050, 'DS', '2000'], [0x00281051, 'DS', '1000']),
  );
  await writeFile(at('films', 'side.dcm'), film([0x00185101, 'CS', 'LL']));
  await writeFile(at('ct.dcm'), film([0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2']));
  await writeFile(at('DICOMDIR'), dicomFile([], { sopClass: MEDIA_DIRECTORY }));
  await writeFile(at('notes.txt'), 'no film');
  await writeFile(at('films.zip'), Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(400)]));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg dicom info', () => {
  it('shows how the pixels of a film are stored, and what became of them', async () => {
    const { code, stdout, stderr } = await run(['dicom', 'info', at('films', 'IM1')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/[0-9a-f]{64}/, 'HASH')).toBe(
      [
        'file             IM1',
        'transfer syntax  Explicit VR Little Endian (1.2.840.10008.1.2.1)',
        'kind             a radiograph',
        'rows x columns   64 x 64',
        'bits             12 stored of 16 allocated, high bit 11, unsigned',
        'greys            MONOCHROME1: low values are white, so the film is inverted',
        'range            window with center 2000 and width 1000 (LINEAR)',
        'pixel sha256     HASH',
        'can be read      yes',
        '',
      ].join('\n'),
    );
  });

  it('says why a file is no film and what is in doubt, each file apart, and says doubts on stderr', async () => {
    const { code, stdout, stderr } = await run(['dicom', 'info', at('films', 'side.dcm'), at('ct.dcm')]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^crrg: .*side\.dcm: doubt not-frontal: .*\ncrrg: 1 of 2 films in doubt: 1 not-frontal\n$/,
    );
    const [side, ct] = stdout.split('\n\n');
    expect(side).toMatch(/range {12}span of the values, 0 to 3969: the file has no window\n/);
    expect(side).toMatch(/in doubt {9}not-frontal: [^]*can be read {6}yes$/);
    expect(ct).toMatch(/kind {13}a CT image\n[^]*can be read {6}no: expected a DICOM file of one\s+frontal/);
  });

  it('gives JSON: an object for a file, a list for a folder', async () => {
    const one = await run(['dicom', 'info', at('ct.dcm'), '--json']);
    expect(JSON.parse(one.stdout)).toMatchObject({
      schema: 'crrg/dicom-info/1',
      file: 'ct.dcm',
      transferSyntax: { uid: '1.2.840.10008.1.2.1' },
      format: { rows: 64, bitsStored: 12 },
      provenance: { range: { kind: 'span', low: 0, high: 3969 } },
      problem: expect.stringMatching(
        /^expected a DICOM file of one frontal chest radiograph, got a CT image; /,
      ) as string,
    });
    const { stdout } = await run(['dicom', 'info', at('films'), '--json']);
    expect(
      (JSON.parse(stdout) as { file: string; doubts: { code: string }[]; problem: null }[]).map(
        ({ file, doubts, problem }) => [file, doubts.map((doubt) => doubt.code), problem],
      ),
    ).toEqual([
      ['IM1', [], null],
      ['side.dcm', ['not-frontal'], null],
    ]);
  });

  it('names what is no DICOM file, and goes on', async () => {
    const { code, stdout, stderr } = await run([
      'dicom',
      'info',
      at('notes.txt'),
      at('DICOMDIR'),
      at('ct.dcm'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^crrg: .*notes\.txt: expected a DICOM file, got one of another format; .*\ncrrg: .*DICOMDIR: .*got a DICOMDIR, the index of a disk; .*\n$/,
    );
    expect(stdout).toMatch(/^file +ct\.dcm\n/);
  });
});

describe('a DICOM film', () => {
  it('is read like any picture, and its doubts are said and in the results', async () => {
    const { code, stdout, stderr } = await run([
      'classify',
      at('films'),
      '--json',
      '--overlay',
      at('overlays'),
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^crrg: .*films\/side\.dcm: doubt not-frontal: /m);
    expect(stderr).toMatch(/^crrg: 2 of 2 films in doubt: .*1 not-frontal/m);
    const results = JSON.parse(stdout) as RadiographClassification[];
    expect(results.map(({ input }) => input.file)).toEqual(['IM1', 'side.dcm']);
    expect(results[1]!.doubts.map((doubt) => doubt.code)).toContain('not-frontal');
  });

  it('is drawn in an overlay as its window shows it', async () => {
    const svg = await readFile(at('overlays', 'IM1.svg'), 'utf8');
    const [, base64] = /"data:image\/png;base64,([^"]+)"/.exec(svg)!;
    const drawn = await decodeImage(Buffer.from(base64!, 'base64'));
    expect(drawn).toEqual(greyImage(SIZE, SIZE, windowed()));
  });

  it('is refused in one line where it is an index of a disk, another image or in an archive', async () => {
    const files = [at('DICOMDIR'), at('ct.dcm'), at('films.zip')];
    const { code, stdout, stderr } = await run(['classify', ...files]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('got a DICOMDIR, the index of a disk; name one of the films that it lists.');
    expect(lines[1]).toContain('got a CT image; name a radiograph of the chest (CR or DX).');
    expect(lines[2]).toContain('expected a PNG, JPEG or DICOM file, got a zip archive; unpack it');
  });
});

/** The ramp through a LINEAR window of center 2000 and width 1000, low values white, in 8 bits. */
function windowed(): GreyImage['data'] {
  return Uint8Array.from(RAMP.data, (value) => {
    const shown = Math.min(1, Math.max(0, (value - 1999.5) / 999 + 0.5));
    return Math.round(255 * (Math.round(65_535 * (1 - shown)) / 65_535));
  });
}
