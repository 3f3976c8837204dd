import type { Outcome, Reading, Visit } from './outcome.js';

/** Pixels of the film by which an edge of a box may lie elsewhere. */
export const BOX_TOLERANCE = 0.5;

/** How two readings of films differ. */
export interface Difference {
  /** What must not differ; undefined where nothing does. */
  readonly problem?: string | undefined;
  /** Pixels by which edges of boxes lie apart, at most. */
  readonly boxes: number;
}

const EDGES = ['x1', 'y1', 'x2', 'y2'] as const;

/** Pixels by which the edges of boxes of two readings lie apart, at most; infinite where one has a box that the other lacks. */
function boxDistance(a: Reading, b: Reading): number {
  const distances = a.regions.flatMap(({ box }, index) => {
    const other = b.regions[index]?.box ?? null;
    if (box === null || other === null) return box === other ? 0 : Infinity;
    return EDGES.map((edge) => Math.abs(box[edge] - other[edge]));
  });
  return Math.max(0, ...distances);
}

function problemOf(a: Reading, b: Reading, distance: number): string | undefined {
  if (b.text !== a.text) return 'another text';
  const statuses = ({ regions }: Reading) => regions.map(({ name, status }) => `${name} ${status}`).join();
  if (statuses(a) !== statuses(b)) return 'other regions';
  return distance <= BOX_TOLERANCE ? undefined : `boxes ${distance.toFixed(2)} px apart`;
}

/** How what one app said of films differs from what another said of them. */
export function compareVisits(expected: Visit, got: Visit): Difference {
  if (expected.films.length !== got.films.length)
    return { problem: `${got.films.length} films of ${expected.films.length}`, boxes: 0 };
  const films = expected.films.map(({ reading }, index) => {
    const other = got.films[index]!.reading;
    const boxes = boxDistance(reading, other);
    return { boxes, problem: problemOf(reading, other, boxes) };
  });
  const at = films.findIndex(({ problem }) => problem !== undefined);
  return {
    problem: at < 0 ? undefined : `film ${at + 1}: ${films[at]!.problem}`,
    boxes: Math.max(0, ...films.map(({ boxes }) => boxes)),
  };
}

/** Whether a visit can show a difference: its reports speak of something, and of each film otherwise. */
export function canCompare({ films }: Visit): boolean {
  const texts = films.map(({ reading }) => reading.text);
  return !texts.includes('') && new Set(texts).size === texts.length;
}

/** What an outcome is worth. */
export interface Verdict {
  readonly verdict: 'works' | 'refused' | 'wrong' | 'failed';
  /** What differs, or what stopped it, on one line. */
  readonly detail: string;
  readonly difference?: Difference | undefined;
}

const firstLine = (text: string) => text.split('\n')[0]!;

/** Whether a pair works and says what the reference says, was refused as it may be, which is when it opens, or is at fault. */
export function judge({ pair, answer }: Outcome, reference: Visit): Verdict {
  const { visit, error } = answer;
  if (visit) {
    const difference = compareVisits(reference, visit);
    const { problem } = difference;
    return { verdict: problem === undefined ? 'works' : 'wrong', detail: problem ?? '', difference };
  }
  const { mayRefuse } = pair;
  if (mayRefuse && error.code === mayRefuse.code && error.at === 'opening')
    return { verdict: 'refused', detail: mayRefuse.why };
  return { verdict: 'failed', detail: firstLine(`${error.name}: ${error.message}`) };
}

/** Whether a verdict ends the command with an error. */
export const isFault = ({ verdict }: Verdict): boolean => verdict === 'wrong' || verdict === 'failed';
