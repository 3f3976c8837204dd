import { describe, expect, it } from 'vitest';
import { createVocabulary, END_ID, trainVocabulary, UNKNOWN_ID } from './vocabulary.js';
import { joinWords, splitWords } from './words.js';

describe('words of reports', () => {
  it('are in lower case, without punctuation but for the end of a sentence', () => {
    expect(splitWords('Lungs, as before: CLEAR (PA view). No effusion!')).toEqual(
      'lungs as before clear pa view . no effusion .'.split(' '),
    );
  });

  it('keep decimals, hyphens and apostrophes, and leave the marks of removed names out', () => {
    expect(splitWords("1.5-cm nodule, patient's port-a-cath at T1/T2. ___ 10.")).toEqual(
      "1.5-cm nodule patient's port-a-cath at t1/t2 . 10 .".split(' '),
    );
  });

  it('end a text that has no full stop, and stop once where several marks stand together', () => {
    expect(splitWords('... Clear?! Lungs')).toEqual(['clear', '.', 'lungs', '.']);
    expect(splitWords('Clear.No effusion')).toEqual(['clear', '.', 'no', 'effusion', '.']);
    expect(splitWords(' ... ')).toEqual([]);
  });

  it('become sentences again, with a capital and a full stop', () => {
    expect(joinWords('no effusion . lungs clear'.split(' '))).toBe('No effusion. Lungs clear.');
    expect(joinWords(['.', '.'])).toBe('');
  });
});

describe('a vocabulary', () => {
  const reports = ['The lungs are clear.', 'Clear lungs.', 'Clear heart'];

  it('has the words that occur often enough, by the alphabet', () => {
    expect(trainVocabulary(reports, { minCount: 2 }).words).toEqual([
      ...['<end>', '<unknown>', '.', 'clear', 'lungs'],
    ]);
    expect(trainVocabulary(reports, { minCount: 3 }).words.slice(2)).toEqual(['.', 'clear']);
  });

  it('gives rare words one id, and reads ids without it and without the end', () => {
    const vocabulary = trainVocabulary(reports, { minCount: 2 });
    expect(vocabulary.encode('The lungs clear')).toEqual([UNKNOWN_ID, 4, 3, 2]);
    expect(vocabulary.encode('lungs clear', { maxLength: 1 })).toEqual([4]);
    expect(vocabulary.decode([END_ID, UNKNOWN_ID, 4, 3, 2, END_ID])).toBe('Lungs clear.');
  });

  it('refuses words of another origin, ids that it lacks, and reports without a frequent word', () => {
    expect(() => createVocabulary(['the', 'lungs'])).toThrow('expected <end> and <unknown>');
    expect(() => createVocabulary(['<end>', '<unknown>', 'the', 'the'])).toThrow('each comes once');
    expect(() => trainVocabulary(reports, { minCount: 2 }).decode([9])).toThrow('ids below 5, got 9');
    expect(() => trainVocabulary(reports, { minCount: 9 })).toThrow('at least 9 times, got none of 6');
  });
});
