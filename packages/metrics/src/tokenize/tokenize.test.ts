import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../__fixtures__/read-fixture.js';
import { ptbTokens, tokenizePtb } from './ptb.js';
import { tokenize } from './tokenizer.js';

interface Case {
  raw: string;
  ptb: string;
  tokens: string;
  tokens_eof?: string;
}

interface Corpus {
  mode: 'ptb' | 'rgrg';
  items: { refs_raw: string[]; hyp_raw: string; refs: string[]; hyp: string }[];
}

describe('the PTB tokenizer', () => {
  const { cases } = readFixture<{ cases: Case[] }>('ptb-tokenizer');

  it.each(cases)("gives CoreNLP's tokens of $raw", ({ raw, ptb, tokens, tokens_eof }) => {
    expect(ptbTokens(raw).join(' ')).toBe(ptb);
    expect(tokenizePtb(raw)).toBe(tokens);
    expect(tokenizePtb(raw, { isLast: true })).toBe(tokens_eof ?? tokens);
  });

  it('keeps abbreviations of any case but not words that look like them', () => {
    expect(ptbTokens('Jan. 5 and OCT. 7')).toEqual(['jan.', '5', 'and', 'oct.', '7']);
    expect(ptbTokens('A thyroid mass. He is ill.')).toEqual([
      ...['a', 'thyroid', 'mass', '.'],
      ...['he', 'is', 'ill', '.'],
    ]);
  });

  it('loses no letter or digit of an ordinary text, and gives no blank', () => {
    const letters = (value: string) => value.toLowerCase().replace(/[^a-z0-9]/g, '');
    const piece = fc.constantFrom(...'abzXY09 .,;:-/%+#'.split(''), 'Dr', "n't", ' lung ', 'e.g.', '1/2');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join('');
        const tokens = ptbTokens(text);
        expect(letters(tokens.join(''))).toBe(letters(text));
        for (const token of tokens) expect(token).toMatch(/^[^ \t\n]+$/);
      }),
      { seed: 1 },
    );
  });

  it('ends on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        for (const token of ptbTokens(text)) expect(token).not.toBe('');
      }),
      { seed: 1 },
    );
  });
});

describe.each(['corpus-size20-multi.ptb', 'corpus-size20-single.rgrg', 'corpus-edge.ptb'])(
  'on %s',
  (name) => {
    it('raw texts become what the scorers were given', () => {
      const { mode, items } = readFixture<Corpus>(name);
      for (const { refs_raw, hyp_raw, refs, hyp } of items) {
        expect(tokenize(hyp_raw, mode)).toBe(hyp);
        expect(refs_raw.map((text) => tokenize(text, mode))).toEqual(refs);
      }
    });
  },
);

describe('tokenize', () => {
  it('leaves texts alone, or asks a function', () => {
    expect(tokenize('No  change.', 'none')).toBe('No  change.');
    expect(tokenize('No change.', (text) => text.split(/\W+/).filter(Boolean))).toBe('No change');
    expect(tokenize('No change.', (text) => text.toUpperCase())).toBe('NO CHANGE.');
  });

  it('refuses names that it does not know and functions that give no words', () => {
    expect(() => tokenize('a', 'moses' as never)).toThrow(
      'metrics.tokenizer: expected ptb, rgrg, none or a function, got moses; choose one.',
    );
    expect(() => tokenize('a', (() => 5) as never)).toThrow(
      /expected a text or an array of words, got number/,
    );
  });
});

it('takes a text of 400,000 characters without blanks in time that grows with its length alone', () => {
  const commas = tokenizePtb('a,'.repeat(200_000));
  expect(commas).toHaveLength(400_000 - 1);
  expect(tokenizePtb('b+'.repeat(200_000)).slice(0, 8)).toBe('b + b + ');
  expect(ptbTokens(`${'1,'.repeat(100)}2-year`)).toEqual([`${'1,'.repeat(100)}2-year`]);
}, 20_000);
