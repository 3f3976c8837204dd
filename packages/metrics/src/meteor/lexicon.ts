import { MetricsError } from '../errors.js';
import { decodeLexicon, type DecodedLexicon, type NumberLists, type SortedWords } from './lexicon-format.js';

/** Where a lexicon comes from: the bytes of `wordnet-3.0.txt`, or an address to fetch them from. */
export type LexiconSource = Uint8Array | ArrayBuffer | URL | string;

/** Which lexicon scores come from; part of every signature. */
export const LEXICON_NAME = 'wordnet-3.0';

/** Ending to replacement, in the order in which METEOR tries them: nouns, verbs, adjectives. */
const SUFFIX_RULES: readonly (readonly [suffix: string, replacement: string])[] = [
  ['s', ''],
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['men', 'man'],
  ['ies', 'y'],
  ['s', ''],
  ['ies', 'y'],
  ['es', 'e'],
  ['es', ''],
  ['ed', 'e'],
  ['ed', ''],
  ['ing', 'e'],
  ['ing', ''],
  ['er', ''],
  ['est', ''],
  ['er', 'e'],
  ['est', 'e'],
];

/** The meanings of English words, as far as METEOR asks for them. */
export class Lexicon {
  /** Meanings are numbered below this. */
  readonly meaningCount: number;
  readonly #lemmas: SortedWords;
  readonly #irregularForms: ReadonlyMap<string, readonly string[]>;
  /** By lemma: the meanings that it shares. */
  readonly #meanings: NumberLists;
  readonly #groupCount: number;

  constructor({ lemmas, groups, irregularForms }: DecodedLexicon) {
    this.#lemmas = lemmas;
    this.#irregularForms = irregularForms;
    this.#meanings = transposed(groups, lemmas.size);
    this.#groupCount = groups.starts.length - 1;
    this.meaningCount = this.#groupCount + lemmas.size;
  }

  /** Numbers of the meanings of a lower-case word and of its base form; none for a word that is not in WordNet. */
  meanings(word: string): Int32Array {
    const found = new Set<number>();
    this.#collect(word, found);
    for (const base of this.#bases(word)) this.#collect(base, found);
    return Int32Array.from(found);
  }

  #collect(word: string, into: Set<number>): void {
    const lemma = this.#lemmas.find(word);
    if (lemma < 0) return;
    const { starts, numbers } = this.#meanings;
    for (let index = starts[lemma]!; index < starts[lemma + 1]!; index++) into.add(numbers[index]!);
    // A lemma without a companion still has a meaning: its own forms share it.
    if (starts[lemma] === starts[lemma + 1]) into.add(this.#groupCount + lemma);
  }

  #bases(word: string): readonly string[] {
    const irregular = this.#irregularForms.get(word);
    if (irregular) return irregular;
    if (word.length <= 2 || word.endsWith('ss')) return [];
    for (const [suffix, replacement] of SUFFIX_RULES) {
      if (!word.endsWith(suffix)) continue;
      const base = word.slice(0, word.length - suffix.length) + replacement;
      if (this.#lemmas.find(base) >= 0) return [base];
    }
    return [];
  }
}

/** By number: the lists that it is in. */
function transposed({ starts, numbers }: NumberLists, count: number): NumberLists {
  const ends = new Int32Array(count + 1);
  for (let index = 0; index < numbers.length; index++) ends[numbers[index]! + 1]!++;
  for (let number = 0; number < count; number++) ends[number + 1]! += ends[number]!;
  const result = { starts: ends.slice(), numbers: new Int32Array(numbers.length) };
  for (let list = 0; list + 1 < starts.length; list++)
    for (let index = starts[list]!; index < starts[list + 1]!; index++)
      result.numbers[ends[numbers[index]!]!++] = list;
  return result;
}

async function shippedBytes(): Promise<Uint8Array> {
  const { default: text } = await import('#wordnet');
  return new TextEncoder().encode(text);
}

async function fetchedBytes(url: URL | string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetch(url, signal ? { signal } : {}).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new MetricsError(
      'DATA',
      `metrics.loadLexicon: expected ${url} to answer, got no answer; serve wordnet-3.0.txt there.`,
      {
        cause,
      },
    );
  });
  if (!response.ok)
    throw new MetricsError(
      'DATA',
      `metrics.loadLexicon: expected ${url} to give the lexicon, got HTTP status ${response.status}; serve wordnet-3.0.txt there.`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * WordNet 3.0's single words, ready to be asked. Without a source the copy in this package is taken, by an import of its own that
 * bundlers split off; with one, nothing of that copy is loaded.
 *
 * @throws {@link MetricsError} `DATA` where the source is not the file `wordnet-3.0.txt` of this package.
 * @example
 * ```ts
 * const lexicon = await loadLexicon(new URL('/assets/wordnet-3.0.txt', location.href));
 * ```
 */
export async function loadLexicon(
  source?: LexiconSource | undefined,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Lexicon> {
  const bytes =
    source === undefined
      ? await shippedBytes()
      : source instanceof URL || typeof source === 'string'
        ? await fetchedBytes(source, options.signal)
        : source instanceof Uint8Array
          ? source
          : new Uint8Array(source);
  return new Lexicon(decodeLexicon(bytes));
}
