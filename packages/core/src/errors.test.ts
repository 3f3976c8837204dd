import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const INDEX = fileURLToPath(new URL('index.ts', import.meta.url));
const NODE = fileURLToPath(new URL('node.ts', import.meta.url));

it('errors keep their names where an app is minified', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(INDEX)}; export * from ${JSON.stringify(NODE)};`,
      resolveDir: '.',
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const code = Buffer.from(outputFiles[0]!.contents).toString('base64');
  const core = (await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)) as Record<
    string,
    unknown
  >;
  const classes = Object.entries(core).filter(([name]) => /Errors?$/.test(name));
  expect(classes.length).toBeGreaterThanOrEqual(10);
  for (const [name, value] of classes) {
    const made = new (value as new (...given: unknown[]) => Error)([], { message: 'x' });
    expect(made.name).toBe(name);
  }
});
