// Runs the examples of pages that are marked `run`, with the demonstration weights, in a folder that has film.png, film.dcm and a broken.png.
// A server that one starts is asked for a report. Prints a line an example; exit code 1 where one failed.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { encodePng } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { findExamples, type Example } from './find-examples.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = path.join(ROOT, 'node_modules/.cache');
const FILM = path.join(ROOT, 'examples/radiographs/nih-00001749_003.jpg');
const DICOM = path.join(ROOT, 'packages/image/src/dicom/__fixtures__/syntaxes/jpeg-ls-lossless.dcm');

async function makeFolder(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'crrg-examples-'));
  writeFileSync(path.join(folder, 'film.png'), encodePng(await decodeImage(FILM)));
  writeFileSync(path.join(folder, 'broken.png'), 'no picture');
  copyFileSync(DICOM, path.join(folder, 'film.dcm'));
  return folder;
}

const servers: Server[] = [];
const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server) {
  servers.push(this);
  return Reflect.apply(listen, this, [0, '127.0.0.1']);
} as typeof listen;

/** A film gets a report, and what is no film a refusal. */
async function askServer(server: Server): Promise<void> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (file: string) => {
    const answer = await fetch(address, { method: 'POST', body: readFileSync(file) });
    return [answer.status, await answer.json()] as const;
  };
  const [status, report] = await ask('film.png');
  if (status !== 200 || report.schema !== 'crrg/report/1') throw new Error(`a film got ${status}`);
  const [refused, error] = await ask('broken.png');
  if (refused !== 422 || error.code !== 'IMAGE') throw new Error(`what is no film got ${refused}`);
}

async function runExample({ file, line, code }: Example): Promise<void> {
  const module = path.join(modules, `${file.replace(/\W/g, '-')}-${line}.mts`);
  writeFileSync(module, `export {}; ${code}`);
  await import(pathToFileURL(module).href);
  for (const server of servers.splice(0)) await askServer(server);
}

const folder = await makeFolder();
mkdirSync(CACHE, { recursive: true });
const modules = mkdtempSync(path.join(CACHE, 'examples-'));
process.chdir(folder);
let failed = 0;
for (const example of findExamples(ROOT).filter(({ mark }) => mark === 'run')) {
  const start = performance.now();
  const error: unknown = await runExample(example).then(
    () => undefined,
    (reason) => reason,
  );
  if (error !== undefined) failed += 1;
  const outcome =
    error === undefined ? `passed in ${Math.round(performance.now() - start)} ms` : `failed: ${error}`;
  console.log(`== ${example.file}:${example.line} ${outcome}`);
}
process.chdir(ROOT);
rmSync(folder, { recursive: true });
rmSync(modules, { recursive: true });
process.exit(failed === 0 ? 0 : 1);
