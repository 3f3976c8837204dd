import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeImage } from '@crrg/image/node';
import type { GreyRange } from '../../src/dicom/grey-picture.js';
import { readPlainValues, type PlainValues } from './plain-values.js';

const run = promisify(execFile);
const TIME_LIMIT_MS = 120_000;

/** Answers of programs that share no code with us; `undefined` where they do not read a file, `'absent'` where they are not installed. */
export interface References {
  /** A line a program. */
  readonly versions: readonly string[];
  storedBy(
    name: ReferenceName,
    path: string,
    isCodestream: boolean,
  ): Promise<PlainValues | undefined | 'absent'>;
  /** Greys in [0, 1], by dcmtk. Where dcmtk does not decode the pixels, GDCM does it for it. */
  greysOf(path: string, range: GreyRange): Promise<Float64Array | undefined | 'absent'>;
  close(): Promise<void>;
}

/** Programs that give stored values. */
export type ReferenceName = 'dcmtk' | 'GDCM' | 'pydicom';

/** What each runs to write a file as explicit (or implicit) little endian; the first that succeeds counts. */
const CONVERTERS = {
  dcmtk: [['dcmdjpeg'], ['dcmdjpls'], ['dcmdrle']],
  GDCM: [['gdcmconv', '--raw']],
} as const;

/** How dcmtk is told what decides which values are black and white. */
const RANGE_OPTIONS: Readonly<Record<GreyRange['kind'], readonly string[]>> = {
  window: ['+Wi', '1'],
  table: ['+Wl', '1'],
  span: ['+Wm'],
};

const PYTHON = process.env['CRRG_DICOM_PYTHON'];
/** Writes the values as decoded and not yet transformed, four bytes each. */
const PYTHON_VALUES = `
import sys, pydicom
data = pydicom.dcmread(sys.argv[1], force=True)
data.pixel_array.astype('<i4').tofile(sys.argv[2])
`;

/** Finds the programs on the path. */
export async function createReferences(): Promise<References> {
  const folder = await mkdtemp(join(tmpdir(), 'crrg-dicom-table-'));
  const [dcmtk, gdcm, pydicom] = await Promise.all([
    versionOf('dcmdump', ['--version'], /v(\S+)/),
    versionOf('gdcmconv', ['--version'], /gdcm (\S+)/),
    PYTHON ? versionOf(PYTHON, ['-c', 'import pydicom; print(pydicom.__version__)'], /(\S+)/) : undefined,
  ]);
  const present: Record<ReferenceName, string | undefined> = { dcmtk, GDCM: gdcm, pydicom };
  const target = join(folder, 'plain');
  const greys = join(folder, 'greys.png');

  async function convert(name: 'dcmtk' | 'GDCM', path: string): Promise<string | undefined> {
    for (const [program, ...options] of CONVERTERS[name]) {
      await rm(target, { force: true });
      if (await succeeds(program, [...options, path, target])) return target;
    }
    return undefined;
  }

  async function storedByPython(path: string): Promise<PlainValues | undefined> {
    if (!(await succeeds(PYTHON!, ['-c', PYTHON_VALUES, path, target]))) return undefined;
    const bytes = new Uint8Array(await readFile(target));
    return new Int32Array(bytes.buffer);
  }

  return {
    versions: Object.entries(present).map(([name, version]) => `${name} ${version ?? 'not installed'}`),
    async storedBy(name, path, isCodestream) {
      if (present[name] === undefined) return 'absent';
      if (name === 'pydicom') return storedByPython(path);
      const plain = await convert(name, path);
      return plain === undefined
        ? undefined
        : readPlainValues(new Uint8Array(await readFile(plain)), isCodestream);
    },
    async greysOf(path, range) {
      if (dcmtk === undefined) return 'absent';
      const options = ['+on2', '-O', ...RANGE_OPTIONS[range.kind]];
      const draw = (from: string) => succeeds('dcmj2pnm', [...options, from, greys]);
      if (!(await draw(path))) {
        const plain = gdcm === undefined ? undefined : await convert('GDCM', path);
        if (plain === undefined || !(await draw(plain))) return undefined;
      }
      const { data, bitDepth } = await decodeImage(greys);
      return Float64Array.from(data, (grey) => grey / (2 ** bitDepth - 1));
    },
    close: () => rm(folder, { recursive: true }),
  };
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, [...args], { timeout: TIME_LIMIT_MS, maxBuffer: 1 << 26 }).then(
    () => true,
    () => false,
  );
}

async function versionOf(
  program: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  const output = await run(program, [...args]).catch(() => undefined);
  return output && pattern.exec(output.stdout)?.[1];
}
