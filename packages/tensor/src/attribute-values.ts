import type { SymbolicDim } from './dim.js';

/** Nested lists copied, so that what the caller does with his own later leaves the graph alone. */
function copyLists(value: unknown): unknown {
  return Array.isArray(value) ? value.map(copyLists) : value;
}

/** Attributes with lists of their own. */
export function copyOf<A extends object>(attributes: A): A {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, copyLists(value)])) as A;
}

/** A text that is the same for the same attributes. */
export function keyOf(attributes: object): string {
  return JSON.stringify(attributes, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && 'terms' in value ? (value as SymbolicDim).key : value,
  );
}
