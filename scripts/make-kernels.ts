// Compiles packages/backend-onnx/assembly/kernels.ts to WebAssembly, in a module that needs no file beside it: `npm run kernels`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const PACKAGE = fileURLToPath(new URL('../packages/backend-onnx/', import.meta.url));

/** The module with the kernels. */
export const KERNELS_FILE = `${PACKAGE}src/lower/kernels-wasm.ts`;

/** What {@link KERNELS_FILE} holds. @throws where the source does not compile without a warning */
export async function makeKernels(): Promise<string> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['kernels.ts', '--outFile', 'kernels.wasm', '--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'],
    {
      readFile: (name) =>
        name === 'kernels.ts' ? readFileSync(`${PACKAGE}assembly/kernels.ts`, 'utf8') : null,
      writeFile: (_, contents) => void (wasm = contents as Uint8Array),
      listFiles: () => [],
    },
  );
  const warnings = stderr.toString();
  if (error || !wasm || warnings !== '') throw error ?? new Error(warnings);
  return `// Made of assembly/kernels.ts by \`npm run kernels\`.\n\nexport const KERNELS_WASM =\n  '${Buffer.from(wasm).toString('base64')}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(KERNELS_FILE, await makeKernels());
