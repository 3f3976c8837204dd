import { describe, expect, it } from 'vitest';
import { cleanPhrases } from './phrases.js';

const mended = (...phrases: string[]) => cleanPhrases(phrases, { mode: 'mended' });
const strict = (...phrases: string[]) => cleanPhrases(phrases);

describe('the text of a region', () => {
  it('joins phrases with a blank, collapses white space, gives each sentence a capital', () => {
    expect(strict('The lung is clear. ', 'no effusion\n\tis seen.', 'it is old.')).toBe(
      'The lung is clear. No effusion is seen. It is old.',
    );
  });

  it('a capital is that of the whole first character', () => {
    expect(strict('\u00e9tat.', '\u00df is one letter.', '\u{10428} is two units.')).toBe(
      '\u00c9tat. SS is one letter. \u{10400} is two units.',
    );
  });

  it('drops pieces between ". " that are equal to the letter, and keeps their order', () => {
    expect(strict('B is. A is. B is.')).toBe('B is. A is.');
    expect(strict('A is.', 'a is.', 'A IS.')).toBe('A is. A IS.');
    expect(strict('A is.', 'A is')).toBe('A is.');
    expect(strict('A is', 'A is.')).toBe('A is A is.');
  });

  it('puts one period at the end, behind "!" and ":" too; "." alone is a phrase', () => {
    expect(strict('Clear!')).toBe('Clear!.');
    expect(strict('Clear:')).toBe('Clear:.');
    expect(strict('Clear..')).toBe('Clear..');
    expect(strict('.')).toBe('.');
    expect(strict('. .')).toBe('.');
  });

  it('is empty where there is no phrase or nothing is left, which ends the run of the reference', () => {
    for (const phrases of [[], [''], [' ', '\n'], ['FINDINGS:'], ['WET READ: 8:19 AM']])
      expect(cleanPhrases(phrases)).toBe('');
  });

  it("white space is Python's", () => {
    expect(strict('a.\u001cb.\u0085c.\u00a0d.\u2003e.')).toBe('A. B. C. D. E.');
    expect(strict('a.\u200b b.\ufeff c.')).toBe('A.\u200b b.\ufeff c.');
  });

  it('takes sentences from another splitter', () => {
    expect(cleanPhrases(['a b. c'], { splitter: (text) => [text] })).toBe('A b. c.');
  });
});

describe('wet reads', () => {
  it('go with all up to AM or PM, each of them', () => {
    expect(strict('WET READ: ___ 8:19 AM Clear.', 'WET READ: 11:02 PM Open.')).toBe('Clear. Open.');
    expect(strict('Clear. WET READ 11:02 PM', 'open.')).toBe('Clear. Open.');
  });

  it('end at AM or PM inside a word', () => {
    expect(strict('WET READ: EXAM of the night.')).toBe('Of the night.');
    expect(strict('WET READ: 3PMs later')).toBe('S later.');
  });

  it('without an end lose only the two words, and so does one before another', () => {
    expect(strict('WET READ: by night. Clear.')).toBe(': by night. Clear.');
    expect(strict('WET READ: first. WET READ: 8:19 AM Clear.')).toBe(': first. Clear.');
  });

  it('in small letters stay', () => {
    expect(strict('wet read: late AM Clear.')).toBe('Wet read: late AM Clear.');
  });

  it('a text that ends in its only WET READ is no phrase, as the reference dies there', () => {
    expect(strict('Clear. WET READ')).toBe('');
    expect(mended('Clear. WET READ')).toBe('');
  });

  it('WET READ at the end behind another doubles the text in strict mode, and goes in mended mode', () => {
    expect(strict('WET READ: 8:19 AM Clear by day WET READ')).toBe('Clear by day Clear by day.');
    expect(mended('WET READ: 8:19 AM Clear by day WET READ')).toBe('Clear by day.');
    expect(strict('WET READ: first. WET READ')).toBe(': first.');
  });
});

describe('headings', () => {
  it('go anywhere, inside words too, in capitals only', () => {
    expect(strict('FINDINGS: PORTABLE AP CHEST RADIOGRAPH: Clear. IMPRESSION')).toBe('Clear.');
    expect(strict('A MAP, NON-FRONTAL LAP: view.')).toBe('A M NON- L view.');
    expect(strict('Findings: clear.')).toBe('Findings: clear.');
  });

  it('the longest goes first', () => {
    expect(strict('IMPRESSION: AP CHEST: Clear.')).toBe('Clear.');
    expect(strict('FRONTAL AND LATERAL FRONTAL CHEST RADIOGRAPH: Clear.')).toBe('Clear.');
    expect(strict('FINAL ADDENDUM **********ADDENDUM*********** Clear.')).toBe('Clear.');
  });

  it('go in one pass: one that removal makes stays', () => {
    expect(strict('FINDFINDINGSINGS: clear.')).toBe('FINDINGS: clear.');
  });

  it('COMPARISON takes the next character, a line end and a character of two units too, but stays at the very end', () => {
    expect(strict('COMPARISON\nClear.')).toBe('Clear.');
    expect(strict('COMPARISON\u{1f4cc}Clear.')).toBe('Clear.');
    expect(strict('COMPARISONS: Clear.')).toBe('Clear.');
    expect(strict('Clear. COMPARISON')).toBe('Clear. COMPARISON.');
  });
});

describe('list marks (trap T13)', () => {
  it('of the digits 1 to 5 and of # go in both modes', () => {
    for (const clean of [strict, mended]) {
      expect(clean('1. Clear.', '2. open. 6. not this.')).toBe('Clear. Open. 6. Not this.');
      expect(clean('#1 Clear. #5 open. #6 no.')).toBe('Clear. Open. #6 no.');
      expect(clean('1.\nClear.')).toBe('1. Clear.');
    }
  });

  it('the dot is any character in strict mode, so that numbers lose digits', () => {
    expect(strict('It has 10 mm, 120 mm, 2x 3 cm, and T5. is.')).toBe('It has mm, 1mm, 3 cm, and Tis.');
    expect(strict('15. small.')).toBe('1small.');
    expect(strict('1) Clear.')).toBe('Clear.');
    expect(strict('1\u{1f4cc} Clear.')).toBe('Clear.');
  });

  it('the dot is a dot at the start of a word in mended mode, so that numbers stay', () => {
    expect(mended('It has 10 mm, 120 mm, 2x 3 cm, and T5. is.')).toBe(
      'It has 10 mm, 120 mm, 2x 3 cm, and T5. Is.',
    );
    expect(mended('15. small.')).toBe('15. Small.');
    expect(mended('1) Clear.')).toBe('1) Clear.');
    expect(mended('of 0.5. then 3.5. now.')).toBe('Of 0.5. Then 3.5. Now.');
  });
});
