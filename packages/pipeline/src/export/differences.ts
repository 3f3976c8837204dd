type Leaves = ReadonlyMap<string, string>;

function leavesOf(value: unknown, path = ''): [string, string][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([name, child]) =>
    leavesOf(child, path === '' ? name : `${path}.${name}`),
  );
}

/**
 * Where a configuration is another one than that which a program builds, as a note; nothing where they are equal.
 * @param fixed what the program builds
 */
export function differenceNotes(program: string, own: object, fixed: object): string[] {
  const theirs: Leaves = new Map(leavesOf(fixed));
  const different = leavesOf(own).filter(([path, value]) => theirs.get(path) !== value);
  if (different.length === 0) return [];
  const said = different.map(([path, value]) => `${path} ${value} (there ${theirs.get(path) ?? 'none'})`);
  return [`${program} has these written in its code, set them there first: ${said.join(', ')}`];
}
