import { expect, it } from 'vitest';
import { shortenName } from './index.js';

it('shows names whole up to 300 characters, then their beginning and length', () => {
  const longest = 'a'.repeat(300);
  expect(shortenName(longest)).toBe(longest);
  expect(shortenName(`${longest}b`)).toBe(`${longest}... (301 characters)`);
});

it('never shows the data of a data address', () => {
  expect(shortenName('data:image/png;base64,iVBORw0KGgo')).toBe('data:image/png;base64,... (33 characters)');
  expect(shortenName(`data:${'x'.repeat(3e6)}`)).toBe(`data:${'x'.repeat(100)}... (3000005 characters)`);
});
