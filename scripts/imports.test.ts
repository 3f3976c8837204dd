import { describe, expect, it } from 'vitest';
import { importsOf } from './imports.mjs';

describe('importsOf', () => {
  it('tells types, values and dynamic imports apart', () => {
    const text = `import type { A } from 'a';\nimport { type B } from 'b';\nimport C, { type D } from 'c';\nexport * from 'd';\nconst e = import('e' as string);\ntype F = import('f').F;`;
    expect(importsOf(text)).toEqual([
      { specifier: 'a', kind: 'type' },
      { specifier: 'b', kind: 'type' },
      { specifier: 'c', kind: 'value' },
      { specifier: 'd', kind: 'value' },
      { specifier: 'e', kind: 'dynamic' },
      { specifier: 'f', kind: 'type' },
    ]);
  });
});
