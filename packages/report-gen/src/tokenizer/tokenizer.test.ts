import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTE_CHARACTERS, toByteWords } from './byte-alphabet.js';
import { createTokenizer } from './tokenizer.js';
import { trainBpe } from './train-bpe.js';
import { END_OF_TEXT, parseVocabulary, toVocabularyFiles } from './vocabulary.js';

const CORPUS = [
  'The left lung is clear.',
  'The right lung is clear.',
  'No pleural effusion, no pneumothorax.',
  'The heart is enlarged, measuring 15.5 cm.',
];

describe('the byte alphabet', () => {
  it('is that of GPT-2', () => {
    expect(BYTE_CHARACTERS[0x20]).toBe('Ġ');
    expect(BYTE_CHARACTERS[0x0a]).toBe('Ċ');
    expect(BYTE_CHARACTERS[0x41]).toBe('A');
    expect(BYTE_CHARACTERS[0xad]).toBe('Ń');
    expect(new Set(BYTE_CHARACTERS).size).toBe(256);
  });

  it('cuts text where GPT-2 does', () => {
    expect(toByteWords("It's 15.5 cm.  No")).toEqual(['It', "'s", 'Ġ15', '.', '5', 'Ġcm', '.', 'Ġ', 'ĠNo']);
    expect(toByteWords('é\n')).toEqual(['Ã©', 'Ċ']);
  });
});

describe('learning a vocabulary', () => {
  it('merges the most frequent pair first and breaks ties by code unit order', () => {
    const { merges, vocab } = trainBpe(['ab ab ac ac', 'ab'], { vocabSize: 260 });
    // Words: ab 2, Ġab 1, Ġac 2. Pairs: "a b" 3, "Ġ a" 3; then "a c" 2, "Ġ a" 2; then "Ġ ac" 2.
    expect(merges).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['Ġ', 'ac'],
    ]);
    expect(vocab['!']).toBe(0);
    expect(vocab['ab']).toBe(256);
    expect(vocab[END_OF_TEXT]).toBe(259);
  });

  it('does not depend on the order of the texts', () => {
    const options = { vocabSize: 320 };
    expect(trainBpe([...CORPUS].reverse(), options)).toEqual(trainBpe(CORPUS, options));
  });

  it('stops where no pair is frequent enough', () => {
    expect(Object.keys(trainBpe(['abc'], { vocabSize: 400 }).vocab).length).toBe(257);
  });

  it('refuses a size without room for all bytes', () => {
    expect(() => trainBpe([], { vocabSize: 200 })).toThrow(
      /vocabSize must be an integer of at least 257, got 200/,
    );
  });
});

describe('the tokeniser', () => {
  const vocabulary = trainBpe(CORPUS, { vocabSize: 330 });
  const tokenizer = createTokenizer(vocabulary);

  it('applies merges by rank, as worked out by hand', () => {
    const small = createTokenizer(trainBpe(['ab ab ac ac', 'ab'], { vocabSize: 260 }));
    expect(small.encode('abc ac')).toEqual([256, small.encode('c')[0], 258]);
  });

  it('gives back every text that has no space before punctuation', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        fc.pre(!/ [.?!,']/.test(text) && !text.includes(END_OF_TEXT) && !/\p{Surrogate}/u.test(text));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('reads the end of text as one id and drops it when decoding', () => {
    const ids = tokenizer.encode(`clear.${END_OF_TEXT}`);
    expect(ids.at(-1)).toBe(tokenizer.endOfTextId);
    expect(tokenizer.decode(ids)).toBe('clear.');
    expect(tokenizer.decode([tokenizer.endOfTextId])).toBe('');
  });

  it('removes the spaces before punctuation and contractions', () => {
    const text = "Clear lungs , no effusion . It 's normal ! It does n't matter ?";
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(
      "Clear lungs, no effusion. It's normal! It doesn't matter?",
    );
  });

  it('frames a training text and cuts it to the longest length', () => {
    const ids = tokenizer.encodeSentence('The left lung is clear.');
    expect([ids[0], ids.at(-1)]).toEqual([tokenizer.endOfTextId, tokenizer.endOfTextId]);
    expect(tokenizer.encodeSentence('')).toEqual([tokenizer.endOfTextId, tokenizer.endOfTextId]);
    expect(tokenizer.encodeSentence('The left lung is clear.', { maxLength: 3 })).toEqual(ids.slice(0, 3));
  });

  it('refuses ids outside the vocabulary', () => {
    expect(() => tokenizer.decode([99999])).toThrow(/expected token ids in \[0, \d+\), got 99999/);
  });

  it('is the same after a round through its files, and from tokenizer.json', () => {
    const files = toVocabularyFiles(vocabulary);
    expect(parseVocabulary(files)).toEqual(vocabulary);
    const model = {
      type: 'BPE',
      vocab: vocabulary.vocab,
      merges: vocabulary.merges.map((pair) => pair.join(' ')),
    };
    expect(parseVocabulary({ tokenizerJson: JSON.stringify({ model, added_tokens: [] }) })).toEqual(
      vocabulary,
    );
  });

  it('takes added tokens by the names of what every object has', () => {
    const added = ['constructor', 'toString', '__proto__'];
    const size = Object.keys(vocabulary.vocab).length;
    const parsed = parseVocabulary({
      tokenizerJson: JSON.stringify({
        model: {
          vocab: vocabulary.vocab,
          merges: vocabulary.merges.map((pair) => pair.join(' ')),
        },
        added_tokens: added.map((content, at) => ({ content, id: size + at })),
      }),
    });
    expect(
      added.map((content) => Object.entries(parsed.vocab).find(([name]) => name === content)?.[1]),
    ).toEqual([size, size + 1, size + 2]);
  });

  it('says what is wrong with a damaged vocabulary', () => {
    const { vocabJson, mergesText } = toVocabularyFiles(vocabulary);
    expect(() => parseVocabulary({ vocabJson: 'x', mergesText })).toThrow(/vocab.json is not JSON/);
    expect(() => parseVocabulary({ vocabJson: '{"a":5}', mergesText })).toThrow(/ids must be 0 .. 0/);
    expect(() => parseVocabulary({ vocabJson: '{"a":0}', mergesText })).toThrow(/vocab lacks/);
    expect(() => parseVocabulary({ vocabJson, mergesText: 'q w\n' })).toThrow(/merge "q w" gives no token/);
    expect(() => parseVocabulary({ vocabJson, mergesText: 'qw\n' })).toThrow(/merge 0 must be two tokens/);
  });
});
