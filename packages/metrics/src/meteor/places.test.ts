import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaceIndex, TakenPlaces } from './places.js';
import { WordBook } from './words.js';

const book = new WordBook(undefined);
const indexOf = (text: string) => new PlaceIndex(text.split(' ').map((word) => book.word(word)));
const wordOf = (places: PlaceIndex, text: string) => places.words.find(({ word }) => word.text === text)!;

describe('places of words', () => {
  it('are sorted by word, then by place', () => {
    const places = indexOf('the lungs are the lungs');
    expect([...places.placeAt]).toEqual([0, 3, 1, 4, 2]);
    expect([...places.rankOf]).toEqual([0, 2, 4, 1, 3]);
    expect(wordOf(places, 'lungs')).toMatchObject({ start: 2, end: 4 });
    expect(places.rankFrom(wordOf(places, 'lungs'), 2)).toBe(3);
    expect(places.rankFrom(wordOf(places, 'lungs'), 5)).toBe(4);
  });
});

describe('free places', () => {
  const random = fc.record({
    words: fc.array(fc.constantFrom('a', 'a', 'a', 'b', 'c'), { minLength: 1, maxLength: 300 }),
    taken: fc.array(fc.nat(299), { maxLength: 300 }),
    position: fc.nat(400),
    from: fc.nat(300),
    length: fc.oneof(fc.nat(300), fc.constant(Infinity)),
  });

  it('are found, counted and measured as one by one, and a copy stands alone', () => {
    fc.assert(
      fc.property(random, ({ words, taken, position, from, length }) => {
        const places = indexOf(words.join(' '));
        const original = new TakenPlaces();
        original.clear(words.length);
        const gone = new Set(taken.filter((place) => place < words.length));
        for (const place of gone) original.take(places, place);
        const copy = new TakenPlaces();
        copy.copy(original);
        for (let place = 0; place < words.length; place++) if (!gone.has(place)) original.take(places, place);
        for (const word of places.words) {
          const to = from + length;
          const free = words.flatMap((text, place) =>
            text === word.word.text && place >= from && !gone.has(place) ? [place] : [],
          );
          expect(copy.firstFree(places, word, from)).toBe(free[0] ?? Infinity);
          const sum = free
            .filter((place) => place < to)
            .reduce((total, place) => total + Math.abs(place - position), 0);
          expect(copy.freeDistance(places, word, position, from, to)).toBe(sum);
          expect(original.firstFree(places, word, 0)).toBe(Infinity);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
