import { expect, it } from 'vitest';
import { escapeXml } from './xml.js';

it('escapes every character that ends XML text or an attribute', () => {
  expect(escapeXml(`<a b="c" d='e'>&\u0007`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\uFFFD');
});
