/** The projects that a dry release is installed in: which Node, which installer, what is left out. */

export const FACTORS = {
  node: [20, 22, 24],
  manager: ['npm', 'pnpm'],
  /** Whether install scripts of dependencies run. */
  scripts: [false, true],
  /** Whether optional dependencies are installed. */
  optional: [true, false],
} as const;

export type Combination = { readonly [K in keyof typeof FACTORS]: (typeof FACTORS)[K][number] };

const NAMES = Object.keys(FACTORS) as (keyof Combination)[];

/** All of them, 24. */
export function everyCombination(): Combination[] {
  return NAMES.reduce<Record<string, unknown>[]>(
    (partial, name) => partial.flatMap((each) => FACTORS[name].map((value) => ({ ...each, [name]: value }))),
    [{}],
  ) as Combination[];
}

/** Each two settings that a combination has together, as text. */
export function pairsOf(combination: Combination): string[] {
  return NAMES.flatMap((a, i) =>
    NAMES.slice(i + 1).map((b) => `${a} ${combination[a]}, ${b} ${combination[b]}`),
  );
}

/** A small choice in which every two settings that can meet do: each time the one with most pairs that are new, the first of equals. */
export function coveringCombinations(): Combination[] {
  const missing = new Set(everyCombination().flatMap(pairsOf));
  const chosen: Combination[] = [];
  while (missing.size > 0) {
    const gain = (each: Combination) => pairsOf(each).filter((pair) => missing.has(pair)).length;
    const best = everyCombination().reduce((a, b) => (gain(b) > gain(a) ? b : a));
    for (const pair of pairsOf(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen;
}

/** `node 20 npm, no scripts, no optionals`. */
export function nameOf({ node, manager, scripts, optional }: Combination): string {
  return [
    `node ${node} ${manager}`,
    scripts ? 'scripts' : 'no scripts',
    optional ? 'optionals' : 'no optionals',
  ].join(', ');
}

/** How a first report can end: on the native runtime, or with the error that says what to install. */
export type Runtime = 'native' | 'refused';

/**
 * What a project must do. The native runtime's install script fetches GPU libraries from NuGet; where it fails, npm and pnpm 12 drop the optional
 * package, and pnpm 10, which runs on Node 20 here, keeps it.
 */
export function expectedRuntime(
  { node, manager, scripts, optional }: Combination,
  isNugetReachable: boolean,
): Runtime {
  const keepsFailed = manager === 'pnpm' && node === 20;
  const isDropped = scripts && !isNugetReachable && !keepsFailed;
  return optional && !isDropped ? 'native' : 'refused';
}
