export function importsOf(
  text: string,
  fileName?: string,
): { specifier: string; kind: 'value' | 'type' | 'dynamic' }[];
export function checkBoundaries(root: string): string[];
export function filesUnder(folder: string, extensions?: RegExp): string[];
