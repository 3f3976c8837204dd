import { MetricsError } from '../errors.js';
import type { Steps } from '../steps.js';
import type { Match } from './match.js';
import type { Word } from './words.js';

/** A phrase and what can stand for it, lower-cased, single blanks between words. The reverse needs an entry of its own. */
export interface ParaphraseEntry {
  readonly phrase: string;
  readonly paraphrase: string;
}

/** A METEOR paraphrase table: its bytes, gzip or plain text, or a stream of them. */
export type ParaphraseSource = Uint8Array | ArrayBuffer | ReadableStream<Uint8Array>;

/** Places of a text between two pauses. */
const PLACES_PER_STEP = 64;

/** Two texts seen from one side: phrases of `from` for whose paraphrases `to` is searched. */
type Found = (fromStart: number, fromLength: number, toStart: number, toLength: number) => void;

/** Phrases and their paraphrases, in the order of the table. */
export class ParaphraseTable {
  /** Phrase to its paraphrases, a line each: one string costs less memory than a list. */
  readonly #paraphrases = new Map<string, string>();
  /** Words of the longest phrase. */
  #longest = 0;
  #size = 0;

  constructor(entries: Iterable<ParaphraseEntry>) {
    for (const { phrase, paraphrase } of entries) this.#add(phrase, paraphrase);
  }

  /** How many entries the table has. */
  get size(): number {
    return this.#size;
  }

  #add(phrase: string, paraphrase: string): void {
    const known = this.#paraphrases.get(phrase);
    this.#paraphrases.set(phrase, known === undefined ? paraphrase : `${known}\n${paraphrase}`);
    this.#longest = Math.max(this.#longest, phrase.split(' ').length);
    this.#size++;
  }

  /** Every place where an entry's two sides occur in the two texts: phrases of the reference first, then phrases of the candidate. */
  *matches(candidate: readonly Word[], reference: readonly Word[]): Steps<Match[]> {
    const matches: Match[] = [];
    const stage = 'paraphrase';
    yield* this.#search(
      reference,
      candidate,
      (referenceStart, referenceLength, candidateStart, candidateLength) => {
        matches.push({ referenceStart, referenceLength, candidateStart, candidateLength, stage });
      },
    );
    yield* this.#search(
      candidate,
      reference,
      (candidateStart, candidateLength, referenceStart, referenceLength) => {
        matches.push({ referenceStart, referenceLength, candidateStart, candidateLength, stage });
      },
    );
    return matches;
  }

  *#search(from: readonly Word[], to: readonly Word[], found: Found): Steps<void> {
    const places = new Map<string, number[]>();
    for (const [place, { text }] of to.entries()) {
      const known = places.get(text);
      if (known) known.push(place);
      else places.set(text, [place]);
    }
    for (let start = 0; start < from.length; start++) {
      let phrase = '';
      for (let length = 1; length <= this.#longest && start + length <= from.length; length++) {
        phrase += (length > 1 ? ' ' : '') + from[start + length - 1]!.text;
        const paraphrases = this.#paraphrases.get(phrase);
        if (paraphrases === undefined) continue;
        for (const paraphrase of paraphrases.split('\n')) {
          const words = paraphrase.split(' ');
          for (const place of occurrences(words, to, places.get(words[0]!) ?? []))
            found(start, length, place, words.length);
        }
      }
      if ((start + 1) % PLACES_PER_STEP === 0) yield;
    }
  }
}

/** Those places of the first word where the others follow. */
function occurrences(
  words: readonly string[],
  text: readonly Word[],
  places: readonly number[],
): readonly number[] {
  return places.filter((place) => words.every((word, index) => text[place + index]?.text === word));
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    rest += decoder.decode();
    if (rest !== '') yield rest;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The stream's text, unpacked where its first bytes are those of gzip. */
async function unpacked(source: ParaphraseSource): Promise<ReadableStream<Uint8Array>> {
  const stream = (
    source instanceof ReadableStream ? source : new Blob([source as Uint8Array<ArrayBuffer>]).stream()
  ) as ReadableStream<Uint8Array<ArrayBuffer>>;
  const reader = stream.getReader();
  const first = await reader.read();
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (first.done) controller.close();
      else controller.enqueue(first.value);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  const isGzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  return isGzip ? whole.pipeThrough(new DecompressionStream('gzip')) : whole;
}

/**
 * Reads a table in METEOR's format, three lines an entry: a number, which is not used, the phrase, the paraphrase.
 *
 * METEOR's own English table (`paraphrase-en.gz`) can be had with METEOR alone; it takes about a gigabyte of memory.
 *
 * @throws {@link MetricsError} `DATA` where the text is not of this format; the message names the line.
 */
export async function readParaphraseTable(
  source: ParaphraseSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ParaphraseTable> {
  const entries: ParaphraseEntry[] = [];
  let line = 0;
  let phrase = '';
  for await (const text of linesOf(await unpacked(source))) {
    options.signal?.throwIfAborted();
    const part = line++ % 3;
    if (part === 0) {
      if (!/^[-+.\deE]+$/.test(text.trim())) refuseLine(line, 'a number', text);
    } else if (text.trim() === '') refuseLine(line, 'a phrase', text);
    else if (part === 1) phrase = text.trim();
    else entries.push({ phrase, paraphrase: text.trim() });
  }
  if (line % 3 !== 0) refuseLine(line + 1, 'the rest of an entry', '');
  return new ParaphraseTable(entries);
}

function refuseLine(line: number, expected: string, got: string): never {
  throw new MetricsError(
    'DATA',
    `metrics.readParaphraseTable: expected ${expected} in line ${line}, got "${got.slice(0, 40)}"; give three lines an entry: number, phrase, paraphrase.`,
    { details: { line } },
  );
}
