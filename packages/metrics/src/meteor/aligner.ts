// METEOR's beam search for the alignment that its scores come from. It is not the best alignment: three peculiarities of the reference
// decide which one is found, and every score depends on them.
// 1. A match counts for less in the search than in the score, in whole numbers: see `searchWeight`.
// 2. What a tried match adds to the distance is added to the path that it was tried on, after the copy was taken.
// 3. Positions are never revisited and the beam is narrow.
import type { Steps } from '../steps.js';
import type { Match } from './match.js';
import type { PossibleMatches, WordMatches } from './match-finder.js';

const BEAM = 40;
/** Words of the reference between two pauses. */
const POSITIONS_PER_STEP = 16;
/** No match ends right before the next word of the candidate. */
const NO_CHUNK = -1;

/** What a side of a match counts in the search: its words if exact, else half of them, rounded down. */
function searchWeight(match: Match, words: number): number {
  return match.stage === 'exact' ? words : words >> 1;
}

/** One way to have gone so far. */
class Path {
  /** Counted words of both sides. */
  matched = 0;
  chunks = 0;
  distance = 0;
  /** Where the open chunk ends in the candidate, or `NO_CHUNK`. */
  chunkEnd = NO_CHUNK;
  /** Where the last match ends in the reference. */
  referenceEnd = 0;
  /** Words of the candidate that are taken, a bit each. */
  taken = new Int32Array(4);
  /** The last match and the ones before it. */
  last: Link | undefined;

  copy(from: Path): void {
    this.matched = from.matched;
    this.chunks = from.chunks;
    this.distance = from.distance;
    this.chunkEnd = from.chunkEnd;
    this.referenceEnd = from.referenceEnd;
    this.last = from.last;
    if (this.taken.length < from.taken.length) this.taken = from.taken.slice();
    else for (let index = 0; index < from.taken.length; index++) this.taken[index] = from.taken[index]!;
  }

  skip(): void {
    if (this.chunkEnd === NO_CHUNK) return;
    this.chunks++;
    this.chunkEnd = NO_CHUNK;
  }

  /** All but the distance. */
  take(match: Match): void {
    this.matched += searchWeight(match, match.candidateLength) + searchWeight(match, match.referenceLength);
    if (this.chunkEnd !== NO_CHUNK && this.chunkEnd !== match.candidateStart) this.chunks++;
    this.chunkEnd = match.candidateStart + match.candidateLength;
    this.referenceEnd = match.referenceStart + match.referenceLength;
    this.last = { match, before: this.last };
    for (let word = match.candidateStart; word < this.chunkEnd; word++)
      this.taken[word >> 5]! |= 1 << (word & 31);
  }
}

interface Link {
  readonly match: Match;
  readonly before: Link | undefined;
}

function distanceOf(match: Match): number {
  return Math.abs(match.referenceStart - match.candidateStart);
}

/** The best paths in order, the earlier of equals first, at most as many as the beam is wide. */
class Queue {
  readonly #paths: Path[] = Array.from({ length: BEAM + 1 }, () => new Path());
  size = 0;

  at(index: number): Path {
    return this.#paths[index]!;
  }

  /** A free path to be filled, then either settled or left. */
  draft(): Path {
    return this.#paths[this.size]!;
  }

  /** Makes the path at a place of another queue the draft; the draft takes its place. */
  draftFrom(other: Queue, index: number): void {
    const path = other.#paths[index]!;
    other.#paths[index] = this.#paths[this.size]!;
    this.#paths[this.size] = path;
  }

  /** Whether a path with these figures would be kept. */
  admits(matched: number, chunks: number, distance: number): boolean {
    return this.size < BEAM || precedes(matched, chunks, distance, this.#paths[BEAM - 1]!);
  }

  /** Moves the draft to its place; the last path falls out of a full queue. */
  settle(): void {
    const paths = this.#paths;
    const draft = paths[this.size]!;
    let place = this.size;
    while (place > 0 && precedes(draft.matched, draft.chunks, draft.distance, paths[place - 1]!)) {
      paths[place] = paths[place - 1]!;
      place--;
    }
    paths[place] = draft;
    if (this.size < BEAM) this.size++;
  }
}

function precedes(matched: number, chunks: number, distance: number, other: Path): boolean {
  if (matched !== other.matched) return matched > other.matched;
  return chunks !== other.chunks ? chunks < other.chunks : distance < other.distance;
}

/** Matches that nothing competes with, by word of the reference where they start, and the words of both sides that they take. */
interface Fixed {
  readonly matches: readonly (Match | undefined)[];
  readonly reference: Uint8Array;
  readonly candidate: Int32Array;
}

/** The only match of a word of one word; `index` 0 is the first. */
function wordMatch(position: number, words: WordMatches, index: number): Match {
  const { places, numExact, numStems } = words;
  return {
    referenceStart: position,
    referenceLength: 1,
    candidateStart: places[index]!,
    candidateLength: 1,
    stage: index < numExact ? 'exact' : index < numExact + numStems ? 'stem' : 'synonym',
  };
}

/** How many possible matches take each word, of the reference and of the candidate. */
function countRivals({ words, phrases }: PossibleMatches, candidateLength: number) {
  const reference = new Int32Array(words.length);
  const candidate = new Int32Array(candidateLength);
  for (let position = 0; position < words.length; position++)
    reference[position] = words[position]!.places.length;
  for (const { places, count } of new Set(words))
    for (let index = 0; index < places.length; index++) candidate[places[index]!]! += count;
  for (const matches of phrases ?? [])
    for (const match of matches) {
      for (let index = 0; index < match.referenceLength; index++) reference[match.referenceStart + index]!++;
      for (let index = 0; index < match.candidateLength; index++) candidate[match.candidateStart + index]!++;
    }
  return { reference, candidate };
}

/** The match that starts at a word, where there is one alone. */
function onlyMatch({ words, phrases }: PossibleMatches, position: number): Match | undefined {
  const word = words[position]!;
  const more = phrases?.[position];
  if (word.places.length + (more?.length ?? 0) !== 1) return undefined;
  return more?.[0] ?? wordMatch(position, word, 0);
}

function findFixed(possible: PossibleMatches, candidateLength: number): Fixed {
  const rivals = countRivals(possible, candidateLength);
  const isAlone = (counts: Int32Array, start: number, length: number) => {
    for (let index = start; index < start + length; index++) if (counts[index] !== 1) return false;
    return true;
  };
  const taken = new Int32Array((candidateLength >> 5) + 1);
  const takenReference = new Uint8Array(possible.words.length);
  const fixed = possible.words.map((_, position) => {
    const match = onlyMatch(possible, position);
    if (
      !match ||
      !isAlone(rivals.reference, match.referenceStart, match.referenceLength) ||
      !isAlone(rivals.candidate, match.candidateStart, match.candidateLength)
    )
      return undefined;
    for (let index = 0; index < match.referenceLength; index++)
      takenReference[match.referenceStart + index] = 1;
    for (let index = 0; index < match.candidateLength; index++) {
      const word = match.candidateStart + index;
      taken[word >> 5]! |= 1 << (word & 31);
    }
    return match;
  });
  return { matches: fixed, reference: takenReference, candidate: taken };
}

function isFree(path: Path, match: Match, takenReference: Uint8Array): boolean {
  for (let index = 1; index < match.referenceLength; index++)
    if (takenReference[match.referenceStart + index] === 1) return false;
  for (let word = match.candidateStart; word < match.candidateStart + match.candidateLength; word++)
    if (((path.taken[word >> 5]! >> (word & 31)) & 1) === 1) return false;
  return true;
}

/** Finds alignments; reused from text to text, because its paths are. */
export class Aligner {
  #current = new Queue();
  #next = new Queue();

  /** The chosen matches in the order of the reference. */
  *align(possible: PossibleMatches, candidateLength: number): Steps<Match[]> {
    const fixed = findFixed(possible, candidateLength);
    this.#start(fixed.candidate);
    for (let position = 0; position < possible.words.length; position++) {
      this.#next.size = 0;
      for (let index = 0; index < this.#current.size; index++) this.#step(index, position, possible, fixed);
      [this.#current, this.#next] = [this.#next, this.#current];
      if ((position + 1) % POSITIONS_PER_STEP === 0) yield;
    }
    return this.#best();
  }

  #start(taken: Int32Array): void {
    this.#current.size = 0;
    const path = this.#current.draft();
    path.copy(new Path());
    path.taken = taken.slice() as Int32Array<ArrayBuffer>;
    this.#current.settle();
  }

  /** Everything that the path at a place can do at a position. */
  #step(index: number, position: number, { words, phrases }: PossibleMatches, fixed: Fixed): void {
    const path = this.#current.at(index);
    if (position < path.referenceEnd) return this.#keep(index);
    if (fixed.reference[position] === 1) {
      const match = fixed.matches[position];
      if (!match) return;
      path.take(match);
      path.distance += distanceOf(match);
      return this.#keep(index);
    }
    this.#tryWords(path, position, words[position]!);
    if (phrases)
      for (const match of phrases[position]!) {
        if (!isFree(path, match, fixed.reference)) continue;
        this.#tryMatch(path, match);
        path.distance += distanceOf(match);
      }
    path.skip();
    this.#keep(index);
  }

  /** Tries the matches of one word; a match is made of those only that get into the queue. */
  #tryWords(path: Path, position: number, words: WordMatches): void {
    const { places, numExact } = words;
    for (let index = 0; index < places.length; index++) {
      const place = places[index]!;
      if (((path.taken[place >> 5]! >> (place & 31)) & 1) === 1) continue;
      const matched = path.matched + (index < numExact ? 2 : 0);
      const breaks = path.chunkEnd !== NO_CHUNK && path.chunkEnd !== place;
      if (this.#next.admits(matched, path.chunks + (breaks ? 1 : 0), path.distance)) {
        const draft = this.#next.draft();
        draft.copy(path);
        draft.take(wordMatch(position, words, index));
        this.#next.settle();
      }
      path.distance += Math.abs(position - place);
    }
  }

  #tryMatch(path: Path, match: Match): void {
    const matched =
      path.matched + searchWeight(match, match.candidateLength) + searchWeight(match, match.referenceLength);
    const breaks = path.chunkEnd !== NO_CHUNK && path.chunkEnd !== match.candidateStart;
    if (!this.#next.admits(matched, path.chunks + (breaks ? 1 : 0), path.distance)) return;
    const draft = this.#next.draft();
    draft.copy(path);
    draft.take(match);
    this.#next.settle();
  }

  /** Moves the path at a place on, if it is good enough. */
  #keep(index: number): void {
    const path = this.#current.at(index);
    if (!this.#next.admits(path.matched, path.chunks, path.distance)) return;
    this.#next.draftFrom(this.#current, index);
    this.#next.settle();
  }

  #best(): Match[] {
    this.#next.size = 0;
    for (let index = 0; index < this.#current.size; index++) {
      this.#current.at(index).skip();
      this.#keep(index);
    }
    const matches: Match[] = [];
    for (let link = this.#next.size > 0 ? this.#next.at(0).last : undefined; link; link = link.before)
      matches.push(link.match);
    return matches.reverse();
  }
}
