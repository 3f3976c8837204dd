// Prints a Markdown table of DICOM files: what is read of each, and how far it lies from independent decoders on this machine.
//   npm run dicom:table -- FOLDER
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDicom } from '@crrg/image/node';
import { describeMachine } from '../../../../benchmarks/src/framework.js';
import { createReferences } from './references.js';
import { describeFile, measureIdleMemory } from './describe-file.js';

const USAGE = `Usage: npm run dicom:table -- FOLDER

  Every DICOM file under FOLDER, beside dcmtk and GDCM where they are installed (Debian: dcmtk, libgdcm-tools).
  CRRG_DICOM_PYTHON names a Python with pydicom and its decoders, for files that neither of them reads.`;

const COLUMNS = [
  ['file', 'left'],
  ['transfer syntax', 'left'],
  ['pixels', 'left'],
  ['bits', 'left'],
  ['result', 'left'],
  ['stored values, off dcmtk', 'right'],
  ['off GDCM', 'right'],
  ['off pydicom', 'right'],
  ['greys of 255, off dcmtk', 'right'],
  ['seconds', 'right'],
  ['memory, MiB', 'right'],
] as const;

async function findDicomFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const path of paths.sort()) if (isDicom(await readStart(path))) found.push(path);
  return found;
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(1024), 0, 1024, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined || folder.startsWith('-')) {
    console.error(USAGE);
    return 2;
  }
  const references = await createReferences();
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  console.log(`${describeMachine()}; ${references.versions.join('; ')}\n`);
  console.log(row(COLUMNS.map(([name]) => name)));
  console.log(row(COLUMNS.map(([, side]) => (side === 'left' ? '---' : '---:'))));
  const idleMemory = await measureIdleMemory();
  for (const path of await findDicomFiles(folder))
    console.log(row(await describeFile(path, references, idleMemory)));
  await references.close();
  return 0;
}

process.exitCode = await main(process.argv[2]);
