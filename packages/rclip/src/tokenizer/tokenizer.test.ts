import { DataError } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWordPieceTokenizer } from './tokenizer.js';
import { trainWordPieces } from './train-word-pieces.js';
import { parseWordPieceVocabulary, toVocabularyText } from './vocabulary.js';

/** Ids are line numbers: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, Heart 5, heart 6, no 7, ... */
const VOCABULARY = `[PAD]
[UNK]
[CLS]
[SEP]
[MASK]
Heart
heart
no
pneu
##mo
##thorax
##nia
.
,
_
$
1
5
##5
'
s
cafe
x
##x
[
]
sep
—
`;

const tokenizer = createWordPieceTokenizer(parseWordPieceVocabulary(VOCABULARY));

describe('the tokeniser', () => {
  it('takes the longest piece first, lower-cased although the vocabulary has capitals', () => {
    expect(tokenizer.tokenize('No Pneumothorax, HEART.')).toEqual([
      'no',
      'pneu',
      '##mo',
      '##thorax',
      ',',
      'heart',
      '.',
    ]);
  });

  it('puts [CLS] and [SEP] around the ids', () => {
    expect(tokenizer.encode('no heart.')).toEqual({
      tokenIds: [2, 7, 6, 12, 3],
      numTokens: 5,
      isTruncated: false,
    });
    expect(tokenizer.padTokenId).toBe(0);
  });

  it.each([
    ['CAFÉ cafe\u0301', ['cafe', 'cafe'], 'strips accents, composed or not'],
    ['no\u0000\u200b\ufffd heart', ['no', 'heart'], 'drops control characters'],
    ['no\u00a0heart\u2003.\t\r\nno', ['no', 'heart', '.', 'no'], 'takes any white space as a space'],
    ['___ $1.55', ['_', '_', '_', '$', '1', '.', '5', '##5'], 'cuts at ASCII symbols'],
    ['no—heart', ['no', '—', 'heart'], 'cuts at other punctuation'],
    ["heart's", ['heart', "'", 's'], 'cuts at apostrophes'],
    ['pneumoq', ['[UNK]'], 'makes a word unknown as a whole'],
    ['国no国', ['[UNK]', 'no', '[UNK]'], 'lets Chinese characters stand alone'],
    ['no [MASK] [mask]', ['no', '[MASK]', '[', '[UNK]', ']'], 'keeps the literal special tokens'],
  ])('gives of %j %j: it %s', (text, pieces) => {
    expect(tokenizer.tokenize(text)).toEqual(pieces);
  });

  it('makes words of more than 100 characters unknown', () => {
    expect(tokenizer.tokenize('x'.repeat(100)).length).toBe(100);
    expect(tokenizer.tokenize('x'.repeat(101))).toEqual(['[UNK]']);
  });

  it('cuts at 256 tokens, [CLS] and [SEP] included, and says how long the text was', () => {
    const { tokenIds, numTokens, isTruncated } = tokenizer.encode('no '.repeat(300));
    expect(tokenIds.length).toBe(256);
    expect([tokenIds[0], tokenIds[254], tokenIds[255]]).toEqual([2, 7, 3]);
    expect([numTokens, isTruncated]).toEqual([302, true]);
    expect(tokenizer.encode('no '.repeat(254))).toMatchObject({ numTokens: 256, isTruncated: false });
    expect(tokenizer.encode('no heart.', { maxLength: 4 }).tokenIds).toEqual([2, 7, 6, 3]);
  });

  it('refuses lengths without room for a token', () => {
    expect(() => tokenizer.encode('no', { maxLength: 2 })).toThrow(
      'rclip.tokenizer: expected a maxLength of at least 3 ([CLS], one token, [SEP]), got 2; correct it.',
    );
    expect(() => tokenizer.encode('no', { maxLength: 4.5 })).toThrow(/got 4.5/);
  });

  it('refuses texts without words and what is no text', () => {
    expect(() => tokenizer.encode(' \n')).toThrow(
      'rclip.tokenizer: expected words, got " \\n"; leave out empty texts.',
    );
    expect(() => tokenizer.encode('\u0000\u200b')).toThrow(DataError);
    expect(() => tokenizer.encode(undefined as unknown as string)).toThrow(
      'rclip.tokenizer: expected a string, got undefined; pass a text.',
    );
  });
});

describe('a vocabulary', () => {
  it('is read from lines of any ending and written back', () => {
    const text = '[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\nno';
    const vocabulary = parseWordPieceVocabulary(text);
    expect(vocabulary[5]).toBe('no');
    expect(toVocabularyText(vocabulary)).toBe('[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nno\n');
    expect(parseWordPieceVocabulary(VOCABULARY).length).toBe(28);
  });

  it('is refused where a line is empty or repeated or a special token is missing', () => {
    const where = 'rclip.parseWordPieceVocabulary';
    expect(() => parseWordPieceVocabulary('a\n\nb\n')).toThrow(
      `${where}: expected a token on every line, got nothing on line 2; give the vocab.txt of a BERT.`,
    );
    expect(() => parseWordPieceVocabulary('a\nb\na\n')).toThrow(
      `${where}: expected different tokens, got "a" on lines 1 and 3; give the vocab.txt of a BERT.`,
    );
    expect(() => parseWordPieceVocabulary('[CLS]\n[UNK]\n')).toThrow(
      `${where}: expected the special tokens, got none of [PAD] [SEP] [MASK]; give the vocab.txt of a BERT.`,
    );
  });

  it('may hold tokens that are names of object properties', () => {
    const odd = createWordPieceTokenizer(
      parseWordPieceVocabulary(`${VOCABULARY}constructor\n__proto__\nzz\n`),
    );
    expect(odd.encode('constructor zz').tokenIds).toEqual([2, 28, 30, 3]);
  });
});

describe('learning a vocabulary', () => {
  it('joins the most frequent pair first and breaks ties by code unit order', () => {
    // Words: ab 2, abc 2, bc 1. Pairs: "a ##b" 4, "##b ##c" 2, "b ##c" 1; then "ab ##c" 2.
    expect(trainWordPieces(['ab AB abc', 'abc bc'], { vocabSize: 100 })).toEqual([
      ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '##b', '##c', 'a', 'b'],
      'ab',
      'abc',
    ]);
  });

  it('writes every text that it has learned without unknown words, in any order of the texts', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(texts, (list) => {
        const vocabulary = trainWordPieces(list, { vocabSize: 400 });
        expect(trainWordPieces([...list].reverse(), { vocabSize: 400 })).toEqual(vocabulary);
        const learned = createWordPieceTokenizer(vocabulary);
        for (const text of list) expect(learned.tokenize(text)).not.toContain('[UNK]');
      }),
      { seed: 1 },
    );
  });

  it('refuses a size without room for the characters', () => {
    expect(() => trainWordPieces(['ab'], { vocabSize: 6 })).toThrow(
      'rclip.trainWordPieces: vocabSize must be an integer of at least 7 for these texts, got 6; ask for more tokens.',
    );
  });
});
