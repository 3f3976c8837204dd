import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** What `new Worker(url, options)` takes. */
export interface WorkerStart {
  readonly url: URL;
  readonly options: { readonly execArgv?: string[] };
}

/**
 * How a thread is started whose script is TypeScript source, as where tests run without a build; tsx must be installed.
 * @param script address of a `.ts` file
 */
export function startFromSource(script: URL): WorkerStart {
  const tsx = new URL(
    './dist/esm/api/index.mjs',
    pathToFileURL(createRequire(script).resolve('tsx/package.json')),
  );
  const start = `import { register } from '${tsx.href}'; register(); await import('${script.href}');`;
  return {
    url: new URL(`data:text/javascript,${encodeURIComponent(start)}`),
    options: { execArgv: ['--conditions=@crrg/source'] },
  };
}
