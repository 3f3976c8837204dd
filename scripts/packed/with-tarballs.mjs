const GROUPS = ['dependencies', 'devDependencies', 'optionalDependencies'];

/**
 * A project's manifest with tarballs in place of packages: where it asks for them, and where its dependencies do. Where it has no entry for a
 * package, it gets none.
 * @param {Record<string, unknown>} manifest
 * @param {ReadonlyMap<string, string>} tarballs package name to file
 */
export function withTarballs(manifest, tarballs) {
  const place = (name, range) => (tarballs.has(name) ? `file:${tarballs.get(name)}` : range);
  const replaced = GROUPS.filter((group) => manifest[group]).map((group) => [
    group,
    Object.fromEntries(Object.entries(manifest[group]).map(([name, range]) => [name, place(name, range)])),
  ]);
  const overrides = Object.fromEntries([...tarballs.keys()].map((name) => [name, place(name)]));
  return {
    ...manifest,
    ...Object.fromEntries(replaced),
    overrides: { ...manifest.overrides, ...overrides },
  };
}
