/** Names with a prefix, as they are among inputs and outputs of graphs. */
export function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}

/** Those of a prefix, without it. */
export function unprefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  const start = `${prefix}/`;
  const kept = Object.entries(values).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(kept.map(([name, value]) => [name.slice(start.length), value]));
}
