import { expect, it } from 'vitest';
import { isAllowed, licenseProblems, missingComponents } from './sbom.js';

const component = (name: string, license?: string) => ({
  name,
  version: '1.0.0',
  ...(license ? { licenses: [{ license: { id: license } }] } : {}),
});

it.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['', false],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND GPL-3.0-only', false],
  ['(MIT AND Zlib)', true],
  ['MIT OR (GPL-3.0-only AND Zlib)', false],
])('the licence "%s" is allowed: %s', (expression, expected) => {
  expect(isAllowed(expression)).toBe(expected);
});

it('a component without a licence, or with one that is not allowed, is named with what to do', () => {
  const components = [component('good', 'MIT'), component('bad', 'GPL-3.0-only'), component('none')];
  expect(licenseProblems({ components })).toEqual([
    'bad@1.0.0: expected an allowed licence, got GPL-3.0-only; replace the dependency, or allow it with a reason in scripts/release/sbom.ts.',
    'none@1.0.0: expected an allowed licence, got none; replace the dependency, or allow it with a reason in scripts/release/sbom.ts.',
  ]);
});

it('an exception holds for its packages and its licence only', () => {
  const libvips = '@img/sharp-libvips-linux-x64';
  const components = [
    component(libvips, 'LGPL-3.0-or-later'),
    component('other', 'LGPL-3.0-or-later'),
    component(libvips, 'AGPL-3.0-only'),
  ];
  expect(licenseProblems({ components }).map((line) => line.split(': ')[0])).toEqual([
    'other@1.0.0',
    `${libvips}@1.0.0`,
  ]);
});

it('a runtime dependency that the bill lacks is named, optional ones too', () => {
  const manifest = {
    name: '@crrg/image',
    dependencies: { fflate: '1' },
    optionalDependencies: { sharp: '1', gone: '1' },
  };
  const components = [component('fflate', 'MIT'), component('sharp', 'Apache-2.0')];
  expect(missingComponents({ components }, [manifest])).toEqual([
    '@crrg/image: expected gone in the bill of materials, got none.',
  ]);
});
