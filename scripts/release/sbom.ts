/** What a bill of materials must say: every third-party package that users get, each with a licence that is allowed. */

/** Of CycloneDX, what `npm sbom` writes. */
export interface Bom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly licenses?: readonly {
      readonly license?: { id?: string; name?: string };
      readonly expression?: string;
    }[];
  }[];
}

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Licences (SPDX) that may come along: they ask for their notice, at most for the source of their own files. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  'Unlicense',
  'Zlib',
]);

/** Packages with another licence, and why they may come along. */
const EXCEPTIONS = [
  {
    name: /^@img\/sharp-(libvips|win32|wasm32|webcontainers)/,
    license: 'LGPL-3.0-or-later',
    why: 'libvips, a shared library of its own package that users can replace; optional',
  },
] as const;

type Component = Bom['components'][number];

/** The licence of a component as one SPDX expression; empty where it names none. */
export function licenseOf({ licenses = [] }: Component): string {
  return licenses
    .map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')
    .filter(Boolean)
    .join(' AND ');
}

/** Whether an expression of SPDX allows it: all of `AND`, one of `OR`. */
export function isAllowed(
  expression: string,
  allows: (license: string) => boolean = (id) => ALLOWED.has(id),
): boolean {
  const plain = expression.replace(/[()]/g, ' ').trim();
  if (/\sOR\s/.test(plain) && /\sAND\s/.test(plain))
    return plain.split(/\s(?:AND|OR)\s/).every((id) => allows(id.trim()));
  if (/\sOR\s/.test(plain)) return plain.split(/\sOR\s/).some((id) => allows(id.trim()));
  return plain.split(/\sAND\s/).every((id) => allows(id.trim()));
}

/** One line for each component that names no licence, or one that is not allowed. */
export function licenseProblems({ components }: Bom): string[] {
  return components
    .filter(({ name }) => !name.startsWith('@crrg/'))
    .flatMap((component) => {
      const { name, version } = component;
      const license = licenseOf(component);
      const excepted = (id: string) => EXCEPTIONS.some((each) => each.name.test(name) && each.license === id);
      if (isAllowed(license, (id) => ALLOWED.has(id) || excepted(id))) return [];
      const got = license || 'none';
      return [
        `${name}@${version}: expected an allowed licence, got ${got}; replace the dependency, or allow it with a reason in scripts/release/sbom.ts.`,
      ];
    });
}

/** One line for each runtime dependency of a package that the bill does not name. */
export function missingComponents({ components }: Bom, manifests: readonly Manifest[]): string[] {
  const named = new Set(components.map(({ name }) => name));
  return manifests.flatMap(({ name, dependencies, optionalDependencies }) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((dependency) => !named.has(dependency))
      .map((dependency) => `${name}: expected ${dependency} in the bill of materials, got none.`),
  );
}
