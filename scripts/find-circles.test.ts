import { describe, expect, it } from 'vitest';
import { findCircles, formatCircle } from './find-circles.mjs';

const circlesOf = (edges: Record<string, string[]>) =>
  findCircles(new Map(Object.entries(edges))).map(formatCircle);

describe('circles of a graph', () => {
  it('are none where all edges lead one way, however often they meet', () => {
    expect(circlesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([]);
  });

  it('are given once, from the node that sorts first', () => {
    expect(circlesOf({ c: ['a'], a: ['b'], b: ['c'] })).toEqual(['a -> b -> c -> a']);
  });

  it('are found where a walk first runs into a finished part', () => {
    expect(circlesOf({ a: ['b', 'c'], b: ['d'], c: ['a'], d: ['b'] })).toEqual([
      'a -> c -> a',
      'b -> d -> b',
    ]);
  });

  it('are found in a part that also leads to a finished one', () => {
    expect(circlesOf({ a: [], b: ['a', 'c'], c: ['b'] })).toEqual(['b -> c -> b']);
  });

  it('may be long', () => {
    expect(circlesOf({ a: ['b'], b: ['c'], c: ['d'], d: ['e'], e: ['a'] })).toEqual([
      'a -> b -> c -> d -> e -> a',
    ]);
  });

  it('are the shortest through each node, so that two that share a node are both seen', () => {
    expect(circlesOf({ a: ['b', 'c'], b: ['a'], c: ['d'], d: ['a', 'b'] })).toEqual([
      'a -> b -> a',
      'a -> c -> d -> a',
    ]);
  });

  it('may be a node that leads to itself', () => {
    expect(circlesOf({ a: ['a'], b: ['a'] })).toEqual(['a -> a']);
  });

  it('ignore ends that are no nodes', () => {
    expect(circlesOf({ a: ['elsewhere'] })).toEqual([]);
  });
});
