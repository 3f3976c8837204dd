export function findCircles(edges: ReadonlyMap<string, Iterable<string>>): string[][];
export function formatCircle(circle: readonly string[]): string;
