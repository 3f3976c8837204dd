import { ShapeError } from '@crrg/core';

/**
 * A dimension whose size is known only when the graph runs: a polynomial with integer coefficients in named sizes,
 * such as `past + 1` or `29*batch`. Immutable; two equal polynomials have the same `key`.
 */
export interface SymbolicDim {
  /** Monomial (names joined by `*`, '' for the constant) to coefficient; no zero coefficients. */
  readonly terms: ReadonlyMap<string, number>;
  readonly key: string;
}

/** One dimension of a shape: a number, or an expression in named sizes. */
export type Dim = number | SymbolicDim;

/** The shape of a value in a graph. */
export type Shape = readonly Dim[];

/** The named sizes of one run. */
export type DimBindings = ReadonlyMap<string, number>;

function fromTerms(terms: Map<string, number>): Dim {
  for (const [monomial, coefficient] of terms) if (coefficient === 0) terms.delete(monomial);
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has('')) return terms.get('')!;
  const key = [...terms]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([monomial, coefficient]) =>
      monomial === '' ? `${coefficient}` : coefficient === 1 ? monomial : `${coefficient}*${monomial}`,
    )
    .join('+');
  return { terms, key };
}

function termsOf(dim: Dim): ReadonlyMap<string, number> {
  return typeof dim === 'number' ? new Map([['', dim]]) : dim.terms;
}

/** The symbolic size called `name` (letters, digits, underscore). */
export function symbol(name: string): SymbolicDim {
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new ShapeError(
      `tensor.symbol: expected a name like "batch", got "${name}"; use letters and digits.`,
    );
  return { terms: new Map([[name, 1]]), key: name };
}

/** Sum of dimensions. */
export function addDims(...dims: readonly Dim[]): Dim {
  const sum = new Map<string, number>();
  for (const dim of dims)
    for (const [monomial, c] of termsOf(dim)) sum.set(monomial, (sum.get(monomial) ?? 0) + c);
  return fromTerms(sum);
}

/** Product of dimensions; 1 for none. */
export function mulDims(...dims: readonly Dim[]): Dim {
  let product: ReadonlyMap<string, number> = new Map([['', 1]]);
  for (const dim of dims) {
    const next = new Map<string, number>();
    for (const [a, ca] of product) {
      for (const [b, cb] of termsOf(dim)) {
        const monomial = [...(a ? a.split('*') : []), ...(b ? b.split('*') : [])].sort().join('*');
        next.set(monomial, (next.get(monomial) ?? 0) + ca * cb);
      }
    }
    product = next;
  }
  return fromTerms(new Map(product));
}

/** `a - b`. */
export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(-1, b));
}

/** True where both dimensions are the same number or the same expression. */
export function dimsEqual(a: Dim, b: Dim): boolean {
  return typeof a === 'number' || typeof b === 'number' ? a === b : a.key === b.key;
}

/** True where both shapes have equal dimensions. */
export function shapesEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dimsEqual(dim, b[axis]!));
}

/** The number of a dimension in one run. @throws {ShapeError} where a name is not bound */
export function evaluateDim(dim: Dim, bindings: DimBindings): number {
  if (typeof dim === 'number') return dim;
  let total = 0;
  for (const [monomial, coefficient] of dim.terms) {
    let product = coefficient;
    for (const name of monomial ? monomial.split('*') : []) {
      const size = bindings.get(name);
      if (size === undefined)
        throw new ShapeError(`tensor: size "${name}" is not bound; give an input that has it.`);
      product *= size;
    }
    total += product;
  }
  return total;
}

/** A shape for messages: `[B, 3, past+1]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map((dim) => (typeof dim === 'number' ? dim : dim.key)).join(', ')}]`;
}

/** Exact number of a dimension. @throws {ShapeError} for a symbolic one */
export function staticDim(dim: Dim, where: string): number {
  if (typeof dim !== 'number')
    throw new ShapeError(`${where}: expected a fixed size, got ${dim.key}; give a number.`);
  return dim;
}
