import { describe, expect, it } from 'vitest';
import { withTarballs } from './with-tarballs.mjs';

const TARBALLS = new Map([
  ['@crrg/core', '/t/core.tgz'],
  ['@crrg/pipeline', '/t/pipeline.tgz'],
]);
const OVERRIDES = { '@crrg/core': 'file:/t/core.tgz', '@crrg/pipeline': 'file:/t/pipeline.tgz' };

describe('the manifest of a project that is tried with packed packages', () => {
  it('asks for tarballs where it asked for our packages, and leaves the rest', () => {
    const manifest = {
      name: 'app',
      dependencies: { '@crrg/pipeline': '^0.1.0', next: '^16.0.0' },
      devDependencies: { '@crrg/core': '^0.1.0' },
    };
    expect(withTarballs(manifest, TARBALLS)).toEqual({
      name: 'app',
      dependencies: { '@crrg/pipeline': 'file:/t/pipeline.tgz', next: '^16.0.0' },
      devDependencies: { '@crrg/core': 'file:/t/core.tgz' },
      overrides: OVERRIDES,
    });
  });

  it('gives its dependencies tarballs too, beside overrides of its own, and no package that it did not ask for', () => {
    expect(withTarballs({ overrides: { rollup: '4.0.0' } }, TARBALLS)).toEqual({
      overrides: { rollup: '4.0.0', ...OVERRIDES },
    });
  });
});
