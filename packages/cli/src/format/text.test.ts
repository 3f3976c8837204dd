import { describe, expect, it } from 'vitest';
import { formatDoubt, printable } from './text.js';

describe('text for a terminal', () => {
  it.each([
    ['escape sequences', 'a\u001b[2Jb', 'a [2Jb'],
    ['C1 controls, which some terminals act on', 'a\u009b31mb', 'a 31mb'],
    ['line ends and returns', 'a\r\nb\tc', 'a b c'],
    ['line and paragraph separators', 'a\u2028b\u2029c', 'a b c'],
    ['marks that turn the direction of writing', 'a\u202egnp\u2066b\u200f', 'a gnp b '],
    ['what has no width', 'a\u200b\u200d\ufeff\u00adb', 'a b'],
    ['tags beyond the first plane', 'a\u{e0041}b', 'a b'],
    ['half characters', 'a\ud800b', 'a b'],
  ])('has no %s', (_, text, expected) => expect(printable(text)).toBe(expected));

  it('keeps letters of every script, accents and symbols', () => {
    const text = 'Röntgen ré\u0301sumé 胸部 صدر 😀 ½ — “x”';
    expect(printable(text)).toBe(text);
  });

  it('says a doubt in one line', () => {
    expect(formatDoubt({ code: 'negative', message: 'inverted\nfilm' })).toBe(
      'doubt negative: inverted film',
    );
  });
});
