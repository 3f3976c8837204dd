import { expect, it } from 'vitest';
import { coveringCombinations, everyCombination, expectedRuntime, nameOf, pairsOf } from './combinations.js';

it('the small choice of projects lets every two settings meet', () => {
  const chosen = coveringCombinations();
  expect(new Set(chosen.flatMap(pairsOf))).toEqual(new Set(everyCombination().flatMap(pairsOf)));
  // 3 versions of Node with 2 settings of anything else meet in 6 projects or more.
  expect(chosen.length).toBe(6);
});

it('all projects are 24, no two of one name', () => {
  expect(new Set(everyCombination().map(nameOf)).size).toBe(24);
  expect(nameOf(everyCombination()[0]!)).toBe('node 20 npm, no scripts, optionals');
});

it.each([
  [22, 'npm', false, true, false, 'native'],
  [22, 'npm', true, true, true, 'native'],
  [22, 'npm', true, true, false, 'refused'],
  [22, 'pnpm', true, true, false, 'refused'],
  [20, 'pnpm', true, true, false, 'native'],
  [20, 'npm', true, true, false, 'refused'],
  [22, 'npm', false, false, true, 'refused'],
  [20, 'pnpm', true, false, true, 'refused'],
] as const)(
  '%i %s, scripts %s, optionals %s, NuGet %s: %s',
  (node, manager, scripts, optional, nuget, expected) => {
    expect(expectedRuntime({ node, manager, scripts, optional }, nuget)).toBe(expected);
  },
);
