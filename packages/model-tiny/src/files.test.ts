import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CLASSIFIER_FILES, CLASSIFIER_URL, WEIGHTS_FILES, WEIGHTS_URL } from './index.js';

describe.each([
  ['weights', WEIGHTS_FILES, WEIGHTS_URL],
  ['classifier', CLASSIFIER_FILES, CLASSIFIER_URL],
] as const)('the files of %s', (_, files, folder) => {
  it('are those of its folder, each at its address', () => {
    expect(Object.keys(files).sort()).toEqual(readdirSync(folder).sort());
    for (const [name, url] of Object.entries(files)) expect(url.href).toBe(new URL(name, folder).href);
  });
});

it('addresses every file in one literal, as tools need that read the code and never run it', () => {
  const code = readFileSync(new URL('./index.ts', import.meta.url), 'utf8');
  for (const url of [...Object.values(WEIGHTS_FILES), ...Object.values(CLASSIFIER_FILES)]) {
    const file = url.pathname.split('/').slice(-2).join('/');
    expect(code).toContain(`new URL('../${file}', import.meta.url)`);
  }
});
