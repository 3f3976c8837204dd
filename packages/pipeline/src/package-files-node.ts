import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const requireFrom = (file: string, specifier: string) => createRequire(path.resolve(file)).resolve(specifier);

/** Ways to a file of a package. In a bundled server `import.meta` leads nowhere; then its script and its folder lead to `node_modules`. */
const LOOKUPS: readonly ((specifier: string) => string)[] = [
  (specifier) => fileURLToPath(import.meta.resolve(specifier)),
  (specifier) => requireFrom(process.argv[1] ?? '', specifier),
  (specifier) => requireFrom('package.json', specifier),
];

/** The path of a file of an installed package; undefined where it cannot be found. */
export function findPackageFile(packageName: string, file: string): string | undefined {
  for (const lookup of LOOKUPS) {
    try {
      const found = path.join(path.dirname(lookup(`${packageName}/package.json`)), file);
      if (existsSync(found)) return found;
    } catch {
      // The next way may lead there.
    }
  }
  return undefined;
}
