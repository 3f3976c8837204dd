import { expect, it } from 'vitest';
import { decodeInputText } from './decode-text.js';

it('gives every byte of Windows-1252 its character', () => {
  const text = `abc €‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ ¡é ${'x'.repeat(200)}`;
  const high = [0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e];
  const rest = [0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f];
  const bytes = Buffer.concat([
    Buffer.from('abc '),
    Buffer.from([...high, ...rest]),
    Buffer.from(text.slice(text.indexOf(' ¡')), 'latin1'),
  ]);
  expect(decodeInputText(bytes)).toMatchObject({ text, notes: [expect.stringContaining('Windows-1252')] });
});

it('takes UTF-8 as it is, with and without its mark', () => {
  for (const mark of ['', '\uFEFF'])
    expect(decodeInputText(Buffer.from(`${mark}naïve 肺 \u{1F600}`))).toEqual({
      text: 'naïve 肺 \u{1F600}',
      notes: [],
    });
});
