// METEOR's beam search for the alignment that its scores come from. It is not the best alignment: three peculiarities of the reference
// decide which one is found, and every score depends on them.
// 1. A match counts for less in the search than in the score, in whole numbers: see `searchWeight`.
// 2. What a tried match adds to the distance is added to the path that it was tried on, after the copy was taken.
// 3. Positions are never revisited and the beam is narrow.
import type { Steps } from '../steps.js';
import type { Match, MeteorStage } from './match.js';
import { WORD_STAGES, type PossibleMatches, type WordMatches } from './match-finder.js';
import { TakenPlaces, type PlaceIndex, type WordPlaces } from './places.js';

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
  /** Words of the candidate that are taken. */
  readonly taken = new TakenPlaces();
  /** The last match and the ones before it. */
  last: Link | undefined;

  copy(from: Path): void {
    this.matched = from.matched;
    this.chunks = from.chunks;
    this.distance = from.distance;
    this.chunkEnd = from.chunkEnd;
    this.referenceEnd = from.referenceEnd;
    this.last = from.last;
    this.taken.copy(from.taken);
  }

  skip(): void {
    if (this.chunkEnd === NO_CHUNK) return;
    this.chunks++;
    this.chunkEnd = NO_CHUNK;
  }

  /** All but the distance. */
  take(match: Match, places: PlaceIndex): void {
    this.matched += searchWeight(match, match.candidateLength) + searchWeight(match, match.referenceLength);
    if (this.chunkEnd !== NO_CHUNK && this.chunkEnd !== match.candidateStart) this.chunks++;
    this.chunkEnd = match.candidateStart + match.candidateLength;
    this.referenceEnd = match.referenceStart + match.referenceLength;
    this.last = { match, before: this.last };
    for (let place = match.candidateStart; place < this.chunkEnd; place++) this.taken.take(places, place);
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
  readonly candidate: TakenPlaces;
}

function wordMatch(position: number, place: number, stage: MeteorStage): Match {
  return { referenceStart: position, referenceLength: 1, candidateStart: place, candidateLength: 1, stage };
}

/** How many possible matches take each word, of the reference and of the candidate. */
function countRivals({ places, words, phrases }: PossibleMatches) {
  const reference = new Int32Array(words.length);
  const candidate = new Int32Array(places.placeAt.length);
  for (let position = 0; position < words.length; position++)
    reference[position] = words[position]!.numPlaces;
  for (const { stages, count } of new Set(words))
    for (const { start, end } of stages.flat())
      for (let rank = start; rank < end; rank++) candidate[places.placeAt[rank]!]! += count;
  for (const matches of phrases ?? [])
    for (const match of matches) {
      for (let index = 0; index < match.referenceLength; index++) reference[match.referenceStart + index]!++;
      for (let index = 0; index < match.candidateLength; index++) candidate[match.candidateStart + index]!++;
    }
  return { reference, candidate };
}

/** The match that starts at a word, where there is one alone. */
function onlyMatch({ places, words, phrases }: PossibleMatches, position: number): Match | undefined {
  const { stages, numPlaces } = words[position]!;
  const more = phrases?.[position];
  if (numPlaces + (more?.length ?? 0) !== 1) return undefined;
  if (more?.[0]) return more[0];
  const stage = stages.findIndex(({ length }) => length > 0);
  return wordMatch(position, places.placeAt[stages[stage]![0]!.start]!, WORD_STAGES[stage]!);
}

function findFixed(possible: PossibleMatches): Fixed {
  const { places } = possible;
  const rivals = countRivals(possible);
  const isAlone = (counts: Int32Array, start: number, length: number) => {
    for (let index = start; index < start + length; index++) if (counts[index] !== 1) return false;
    return true;
  };
  const taken = new TakenPlaces();
  taken.clear(places.placeAt.length);
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
    for (let index = 0; index < match.candidateLength; index++)
      taken.take(places, match.candidateStart + index);
    return match;
  });
  return { matches: fixed, reference: takenReference, candidate: taken };
}

function isFree(path: Path, match: Match, places: PlaceIndex, takenReference: Uint8Array): boolean {
  for (let index = 1; index < match.referenceLength; index++)
    if (takenReference[match.referenceStart + index] === 1) return false;
  for (let place = match.candidateStart; place < match.candidateStart + match.candidateLength; place++)
    if (path.taken.has(places, place)) return false;
  return true;
}

/** The first free place of any of the words that is not before `from`; `Infinity` where there is none. */
function firstFree({ taken }: Path, places: PlaceIndex, words: readonly WordPlaces[], from: number): number {
  let first = Infinity;
  for (let index = 0; index < words.length; index++)
    first = Math.min(first, taken.firstFree(places, words[index]!, from));
  return first;
}

/** The distances of the free places of all the words from `from` on and before `to`, added up. */
function freeDistance(
  { taken }: Path,
  places: PlaceIndex,
  words: readonly WordPlaces[],
  position: number,
  from: number,
  to: number,
): number {
  let sum = 0;
  for (let index = 0; index < words.length; index++)
    sum += taken.freeDistance(places, words[index]!, position, from, to);
  return sum;
}

/** Finds alignments; reused from text to text, because its paths are. */
export class Aligner {
  #current = new Queue();
  #next = new Queue();

  /** The chosen matches in the order of the reference. */
  *align(possible: PossibleMatches): Steps<Match[]> {
    const fixed = findFixed(possible);
    this.#start(fixed.candidate);
    for (let position = 0; position < possible.words.length; position++) {
      this.#next.size = 0;
      for (let index = 0; index < this.#current.size; index++) this.#step(index, position, possible, fixed);
      [this.#current, this.#next] = [this.#next, this.#current];
      if ((position + 1) % POSITIONS_PER_STEP === 0) yield;
    }
    return this.#best();
  }

  #start(taken: TakenPlaces): void {
    this.#current.size = 0;
    const path = this.#current.draft();
    path.copy(new Path());
    path.taken.copy(taken);
    this.#current.settle();
  }

  /** Everything that the path at a place can do at a position. */
  #step(index: number, position: number, { places, words, phrases }: PossibleMatches, fixed: Fixed): void {
    const path = this.#current.at(index);
    if (position < path.referenceEnd) return this.#keep(index);
    if (fixed.reference[position] === 1) {
      const match = fixed.matches[position];
      if (!match) return;
      path.take(match, places);
      path.distance += distanceOf(match);
      return this.#keep(index);
    }
    this.#tryWords(path, position, places, words[position]!);
    if (phrases)
      for (const match of phrases[position]!) {
        if (!isFree(path, match, places, fixed.reference)) continue;
        this.#tryMatch(path, match, places);
        path.distance += distanceOf(match);
      }
    path.skip();
    this.#keep(index);
  }

  /** Tries the matches of one word, stage by stage. */
  #tryWords(path: Path, position: number, places: PlaceIndex, { stages }: WordMatches): void {
    for (let index = 0; index < stages.length; index++) {
      const words = stages[index]!;
      if (words.length > 0) this.#tryStage(path, position, places, words, WORD_STAGES[index]!);
    }
  }

  /**
   * Tries the free places of some words in order. What is refused stays refused, as the distance grows and the queue gets better: after the
   * first refusal only the place that continues the chunk can be admitted, and of all others their distance counts alone.
   */
  #tryStage(
    path: Path,
    position: number,
    places: PlaceIndex,
    words: readonly WordPlaces[],
    stage: MeteorStage,
  ): void {
    const matched = path.matched + (stage === 'exact' ? 2 : 0);
    const { chunkEnd } = path;
    const chunks = path.chunks + (chunkEnd === NO_CHUNK ? 0 : 1);
    let from = 0;
    while (this.#next.admits(matched, chunks, path.distance)) {
      const place = firstFree(path, places, words, from);
      if (place === Infinity) return;
      this.#tryMatch(path, wordMatch(position, place, stage), places);
      path.distance += Math.abs(position - place);
      from = place + 1;
    }
    if (chunkEnd >= from && firstFree(path, places, words, chunkEnd) === chunkEnd) {
      path.distance += freeDistance(path, places, words, position, from, chunkEnd);
      this.#tryMatch(path, wordMatch(position, chunkEnd, stage), places);
      from = chunkEnd;
    }
    path.distance += freeDistance(path, places, words, position, from, Infinity);
  }

  #tryMatch(path: Path, match: Match, places: PlaceIndex): void {
    const matched =
      path.matched + searchWeight(match, match.candidateLength) + searchWeight(match, match.referenceLength);
    const breaks = path.chunkEnd !== NO_CHUNK && path.chunkEnd !== match.candidateStart;
    if (!this.#next.admits(matched, path.chunks + (breaks ? 1 : 0), path.distance)) return;
    const draft = this.#next.draft();
    draft.copy(path);
    draft.take(match, places);
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
