import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const allowed = JSON.parse(read('scripts/boundaries.json')) as Record<string, string[]>;

/** All that is used, directly or not. */
function reachable(arrows: Readonly<Record<string, readonly string[]>>, from: string): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    for (const next of arrows[name] ?? []) if (!found.has(next)) visit((found.add(next), next));
  };
  visit(from);
  return found;
}

/** Those that do not follow from others. */
function essential(arrows: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(arrows).flatMap(([from, used]) =>
    used
      .filter((to) => !used.some((other) => other !== to && reachable(arrows, other).has(to)))
      .map((to) => `${from} --> ${to}`),
  );
}

it('draws the arrows of scripts/boundaries.json in docs/architecture.md, and no others', () => {
  const [, picture] = /```mermaid\n([\s\S]*?)```/.exec(read('docs/architecture.md'))!;
  const drawn = [...picture!.matchAll(/^ +([\w-]+ --> [\w-]+)$/gm)].map(([, arrow]) => arrow);
  expect(drawn.sort()).toEqual(essential(allowed).sort());
});

it('names every package in the table below the picture', () => {
  const text = read('docs/architecture.md');
  expect(Object.keys(allowed).filter((name) => !new RegExp(`^\\|.*\`${name}\``, 'm').test(text))).toEqual([]);
});
