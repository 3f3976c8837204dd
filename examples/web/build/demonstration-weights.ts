import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CLASSIFIER_URL, WEIGHTS_URL } from '@crrg/model-tiny';
import type { Plugin } from 'vite';

const FOLDERS = { 'models/weights/': WEIGHTS_URL, 'models/classifier/': CLASSIFIER_URL };

/** Serves the demonstration weights beside the page, as bundles of your own would be. */
export function demonstrationWeights(): Plugin {
  const files = Object.entries(FOLDERS).flatMap(([prefix, folder]) =>
    readdirSync(folder).map((name) => ({
      fileName: prefix + name,
      path: fileURLToPath(new URL(name, folder)),
    })),
  );
  return {
    name: 'demonstration-weights',
    configureServer: ({ middlewares }) => {
      for (const { fileName, path } of files)
        middlewares.use(`/${fileName}`, (_, response) => void createReadStream(path).pipe(response));
    },
    generateBundle() {
      for (const { fileName, path } of files)
        this.emitFile({ type: 'asset', fileName, source: readFileSync(path) });
    },
  };
}
