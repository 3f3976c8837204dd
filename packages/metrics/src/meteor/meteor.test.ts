import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import snowball from 'snowball-stemmers';
import { beforeAll, describe, expect, it } from 'vitest';
import { MetricsError } from '../errors.js';
import { decodeLexicon, encodeLexicon, type LexiconTables } from './lexicon-format.js';
import { Lexicon, loadLexicon } from './lexicon.js';
import { Meteor, MeteorSum, computeMeteor, loadMeteor } from './meteor.js';
import { ParaphraseTable, readParaphraseTable } from './paraphrases.js';
import { stemEnglish } from './stem.js';

const SHIPPED = new URL('../../data/wordnet-3.0.txt', import.meta.url);

describe('stemEnglish', () => {
  const reference = snowball.newStemmer('english');

  it('has the stems of snowball-stemmers for words made of letters and endings', () => {
    const ending = fc.constantFrom(
      ...[
        '',
        's',
        "'s",
        'ed',
        'ing',
        'ly',
        'edly',
        'ness',
        'ational',
        'ization',
        'ement',
        'iveness',
        'ies',
        'y',
      ],
      ...['eed', 'ogist', 'li', 'ative', 'icate', 'ical', 'ion', 'e', 'll', 'us', 'ss', 'ied', 'bility'],
    );
    const root = fc.string({ unit: fc.constantFrom(..."abcdegiklnorstuxyz'".split('')), maxLength: 8 });
    const start = fc.constantFrom('', 'gener', 'commun', 'arsen', 'sk', 'y', 'pro', 'in', 'dy', 'out');
    fc.assert(
      fc.property(start, root, ending, ending, (a, b, c, d) => {
        const word = a + b + c + d;
        expect([word, stemEnglish(word)]).toEqual([word, reference.stem(word)]);
      }),
      { seed: 1, numRuns: 20_000 },
    );
  });

  it.each([
    ['opacities', 'opac'],
    ['skies', 'sky'],
    ['herring', 'herring'],
    ['generously', 'generous'],
    ['of', 'of'],
    ['yytization', 'yytiz'],
  ])('stems %s to %s', (word, stem) => {
    expect(stemEnglish(word)).toBe(stem);
  });
});

describe('the lexicon file', () => {
  const encode = (each: LexiconTables) => new TextEncoder().encode(encodeLexicon(each));
  const tables = {
    lemmas: ['big', 'bigger', 'car', 'child', 'large', 'motor'],
    groups: [
      [0, 4],
      [2, 5],
    ],
    irregularForms: new Map([
      ['children', ['child']],
      ['mice', []],
    ]),
  };

  it('comes back as it was written', () => {
    const { lemmas, groups, irregularForms } = decodeLexicon(encode(tables));
    expect(tables.lemmas.map((lemma) => lemmas.find(lemma))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(['', 'a', 'bi', 'biggest', 'zoo', 'ça'].map((word) => lemmas.find(word))).toEqual(
      Array(6).fill(-1),
    );
    expect([...groups.numbers]).toEqual([0, 4, 2, 5]);
    expect([...groups.starts]).toEqual([0, 2, 4]);
    expect([...irregularForms]).toEqual([...tables.irregularForms]);
  });

  it('gives meanings to words, their regular and their irregular forms', () => {
    const lexicon = new Lexicon(decodeLexicon(encode(tables)));
    const meanings = (word: string) => [...lexicon.meanings(word)];
    expect(meanings('cars')).toEqual(meanings('motor'));
    expect(meanings('big')).toEqual(meanings('large'));
    expect(meanings('children')).toEqual(meanings('child'));
    expect(meanings('child')).not.toEqual(meanings('bigger'));
    expect([meanings('mice'), meanings('buss'), meanings('unknown')]).toEqual([[], [], []]);
  });

  it('is refused where bytes are missing, changed or of another kind, and never read past its end', () => {
    const good = encode(tables);
    for (let length = 0; length < good.length; length++)
      expect(() => decodeLexicon(good.subarray(0, length))).toThrow(MetricsError);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const damaged = good.slice();
        damaged[at] = value;
        try {
          new Lexicon(decodeLexicon(damaged)).meanings('car');
        } catch (error) {
          expect(MetricsError.isInstance(error)).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });

  it('is shipped twice with the same text', async () => {
    const { default: text } = await import('#wordnet');
    expect(text).toBe(readFileSync(SHIPPED, 'utf8'));
  });
});

describe('loadLexicon', () => {
  it('takes bytes and addresses', async () => {
    const bytes = readFileSync(SHIPPED);
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/lexicon' ? 200 : 404;
      response.end(request.url === '/lexicon' ? bytes : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const expected = (await loadLexicon()).meanings('lungs');
      expect((await loadLexicon(bytes)).meanings('lungs')).toEqual(expected);
      expect((await loadLexicon(new URL('/lexicon', address))).meanings('lungs')).toEqual(expected);
      await expect(loadLexicon(`${address}/other`)).rejects.toThrow(
        /HTTP status 404; serve wordnet-3.0.txt there/,
      );
    } finally {
      server.close();
    }
    await expect(loadLexicon('http://127.0.0.1:9/')).rejects.toThrow(/to answer, got no answer/);
  });

  it('refuses other files', async () => {
    await expect(loadLexicon(new Uint8Array([1, 2, 3]))).rejects.toThrow(/got another file/);
    await expect(loadLexicon(gzipSync(readFileSync(SHIPPED)))).rejects.toThrow(/got another file/);
    const cut = readFileSync(SHIPPED).subarray(0, 100_000);
    await expect(loadLexicon(cut)).rejects.toThrow(/ends too early; copy wordnet-3.0.txt again/);
  });
});

describe('Meteor', () => {
  let meteor: Meteor;
  beforeAll(async () => {
    meteor = await loadMeteor();
  });

  it('scores by hand', () => {
    // "lungs" and "lung" match by stem, "clear" exactly; "are" and "is" by their meaning "be". One chunk of three, two unmatched.
    const { score, statistics, matches } = meteor.align('lungs are clear', ['the lung is clear .']);
    expect(matches.map(({ stage }) => stage)).toEqual(['stem', 'synonym', 'exact']);
    const precision = (0.75 * (1 + 0.6) + 0.25 * 0.8) / (0.75 * 2 + 0.25 * 1);
    const recall = (0.75 * (1 + 0.6) + 0.25 * 0.8) / (0.75 * 2 + 0.25 * 3);
    const mean = 1 / (0.15 / precision + 0.85 / recall);
    expect(score).toBeCloseTo(mean * (1 - 0.6 * (1 / 3) ** 0.2), 14);
    expect(statistics.slice(20)).toEqual([1, 3, 3]);
  });

  it('is 1 for equal texts, 0 for nothing in common and for empty texts', () => {
    expect(meteor.score('no effusion', ['no effusion']).score).toBe(1);
    expect(meteor.score('heart', ['lungs']).score).toBe(0);
    expect(meteor.score('', ['']).score).toBe(0);
    expect(meteor.score('', ['a']).score).toBe(0);
  });

  it('takes the best reference, the first of equals', () => {
    expect(meteor.score('clear lungs', ['heart', 'clear lungs', 'clear lungs']).referenceIndex).toBe(1);
  });

  it('adds statistics up; perfect texts do not add to the chunks', () => {
    const sum = new MeteorSum();
    sum.add(meteor.score('no effusion', ['no effusion']));
    sum.add(meteor.score('clear lungs', ['clear lungs']));
    expect(sum.scores().score).toBe(1);
    const { aggregate, items } = computeMeteor(
      meteor,
      ['no effusion', 'heart'],
      ['no effusion', 'lungs are clear'],
    );
    expect(aggregate.score).not.toBeCloseTo((items[0]!.score + items[1]!.score) / 2, 3);
  });

  it('gives every match once, in order, within the texts, on random texts', () => {
    const text = fc
      .array(fc.constantFrom('lung', 'lungs', 'clear', 'the', 'is', 'are', 'large', 'big', '.'), {
        maxLength: 25,
      })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (candidate, reference) => {
        const { matches, candidateWords, referenceWords, score } = meteor.align(candidate, [reference]);
        const taken = matches.map(({ candidateStart }) => candidateStart);
        expect(new Set(taken).size).toBe(taken.length);
        matches.forEach((match, index) => {
          expect(match.referenceStart).toBeGreaterThan(matches[index - 1]?.referenceStart ?? -1);
          if (match.stage === 'exact')
            expect(candidateWords[match.candidateStart]).toBe(referenceWords[match.referenceStart]);
        });
        expect(score >= 0 && score <= 1).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it('scores long texts', () => {
    const long = Array.from({ length: 400 }, (_, index) => `w${index % 7}`).join(' ');
    expect(meteor.score(long, [`x ${long} y`]).score).toBeGreaterThan(0.5);
  });

  it('finds in long texts of few words what the search finds that tries every pair of equal words', () => {
    const words =
      'heart hearts lung lungs clear clearly clearing normal size big large the no a is are effusion pleural fluid';
    const list = words.split(' ');
    const text = (length: number, factor: number) =>
      Array.from({ length }, (_, at) => list[((at * at * factor + at * 7) % 1009) % list.length]).join(' ');
    const { score, statistics } = meteor.score(text(700, 3), [text(800, 5)]);
    expect(score).toBeCloseTo(0.3485499051609206, 12);
    expect(statistics).toEqual([
      700, 800, 195, 206, 479, 479, 186, 186, 18, 18, 0, 0, 7, 7, 2, 2, 0, 0, 0, 0, 662, 692, 692,
    ]);
  });

  it('refuses stages without their data', () => {
    expect(() => new Meteor({})).toThrow(/expected a lexicon for the synonym stage/);
    expect(() => new Meteor({ stages: ['exact', 'paraphrase'] })).toThrow(/readParaphraseTable/);
    expect(() => new Meteor({ stages: ['stem'] })).toThrow(/expected the exact stage/);
    expect(() => new Meteor({ stages: ['exact', 'fuzzy' as never] })).toThrow(/got "fuzzy"/);
    expect(() => meteor.score('a', [])).toThrow(/expected at least one reference/);
  });

  it('loads no lexicon where no stage asks for it, and stops on abort', async () => {
    expect((await loadMeteor({ stages: ['exact', 'stem'] })).stages).toEqual(['exact', 'stem']);
    await expect(loadMeteor({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('paraphrases', () => {
  const TABLE = '0.5\nno sign of\nwithout\n0.25\nheart size\ncardiac dimension in total\n';

  it.each([
    ['plain text', new TextEncoder().encode(TABLE)],
    ['gzip', gzipSync(TABLE)],
    ['text without a last line end', new TextEncoder().encode(TABLE.trimEnd())],
  ])('are read from %s', async (_, bytes) => {
    const table = await readParaphraseTable(bytes);
    expect(table.size).toBe(2);
    const meteor = new Meteor({ stages: ['exact', 'paraphrase'], paraphrases: table });
    const { matches } = meteor.align('cardiac dimension in total without edema', [
      'heart size no sign of edema',
    ]);
    expect(matches.map((match) => [match.referenceLength, match.candidateLength, match.stage])).toEqual([
      [2, 4, 'paraphrase'],
      [3, 1, 'paraphrase'],
      [1, 1, 'exact'],
    ]);
  });

  it('are read from a stream that cuts lines and letters', async () => {
    const bytes = new TextEncoder().encode('1\ncafé noir\ncafé\n');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect((await readParaphraseTable(stream)).size).toBe(1);
  });

  it('are used in both directions of the texts, but an entry stands for itself alone', () => {
    const meteor = new Meteor({
      stages: ['exact', 'paraphrase'],
      paraphrases: new ParaphraseTable([{ phrase: 'large', paraphrase: 'very big' }]),
    });
    expect(meteor.score('very big', ['large']).score).toBeGreaterThan(0);
    expect(meteor.score('large', ['very big']).score).toBeGreaterThan(0);
    expect(meteor.score('big', ['large']).score).toBe(0);
  });

  it('are refused where an entry is not complete', async () => {
    const read = (text: string) => readParaphraseTable(new TextEncoder().encode(text));
    await expect(read('0.5\nno sign of\n')).rejects.toThrow(/expected the rest of an entry in line 3/);
    await expect(read('no sign of\nwithout\n')).rejects.toThrow(
      /expected a number in line 1, got "no sign of"/,
    );
    await expect(read('0.5\n\nwithout\n')).rejects.toThrow(/expected a phrase in line 2/);
  });
});
