import { packageFile } from './addresses.js';

const PageWorker = globalThis.Worker as typeof globalThis.Worker | undefined;

/** Where a worker of a package lies: those of `@crrg/image` in that package, all others beside this script. */
function locate(script: string | URL): URL {
  const { href } = new URL(script, import.meta.url);
  const file = /[^/]*$/.exec(href)![0];
  return new URL(file.startsWith('dicom-worker') ? packageFile('@crrg/image', `dist/${file}`) : href);
}

/** Browsers start no worker of another origin; one of this page may import it. */
function startable(script: URL): string {
  if (script.origin === globalThis.location.origin) return script.href;
  const code = `import ${JSON.stringify(script.href)};`;
  return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
}

/** `Worker`, for the scripts of packages that the page's own origin does not have. */
export const Worker =
  PageWorker &&
  class extends PageWorker {
    constructor(script: string | URL, options?: WorkerOptions) {
      super(startable(locate(script)), options);
    }
  };
