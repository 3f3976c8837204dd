import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';

interface Manifest {
  readonly files: readonly { readonly path: string; readonly role: string }[];
}

/** The manifest and all files of a bundle but its documents, in base64 by path. */
export async function encodeBundle(folder: string): Promise<Record<string, string>> {
  const encode = async (file: string) => (await readFile(path.join(folder, file))).toString('base64');
  const { files } = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const paths = [
    'manifest.json',
    ...files.filter(({ role }) => role !== 'document').map((file) => file.path),
  ];
  return Object.fromEntries(await Promise.all(paths.map(async (file) => [file, await encode(file)])));
}

/** Loads `FOLDER.embedded` as the files of the bundle in FOLDER. */
export function embedBundle(): Plugin {
  return {
    name: 'embed-bundle',
    setup(build) {
      build.onResolve({ filter: /\.embedded$/ }, (request) => ({
        path: path.join(request.resolveDir, request.path).slice(0, -'.embedded'.length),
        namespace: 'embedded',
      }));
      build.onLoad({ filter: /.*/, namespace: 'embedded' }, async (request) => ({
        contents: JSON.stringify(await encodeBundle(request.path)),
        loader: 'json',
      }));
    },
  };
}
