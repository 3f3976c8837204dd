import { MetricsError } from '../errors.js';

/** One entity of a report, as the Python package `radgraph` writes it. */
export interface RadGraphEntity {
  /** The words, separated by blanks. */
  readonly tokens: string;
  /** Such as `Anatomy::definitely present`. */
  readonly label: string;
  /** Kind of relation and key of the other entity. */
  readonly relations: readonly (readonly [kind: string, entity: string])[];
}

/** The graph of one report, as the Python package `radgraph` writes it; other fields are not read. */
export interface RadGraphReport {
  readonly entities: Readonly<Record<string, RadGraphEntity>>;
}

/** How much of two graphs is the same; each F1 in [0, 1], 0 where either side has nothing. */
export interface RadGraphScores {
  /** Entities: words and label. */
  readonly simple: number;
  /** Entities and whether they have a relation; what papers call RadGraph F1. */
  readonly partial: number;
  /** Entities with their relations: kind and words of the other entity. */
  readonly complete: number;
  /** Mean of the F1 of entities and the F1 of relations between labelled entities: RadCliQ's column. */
  readonly combined: number;
}

const WHERE = 'metrics.computeRadGraphF1';

function f1Of(ours: readonly string[], theirs: readonly string[]): number {
  const [first, second] = [new Set(ours), new Set(theirs)];
  const common = [...first].filter((key) => second.has(key)).length;
  return common === 0 ? 0 : (2 * common) / (first.size + second.size);
}

const keyOf = (...parts: readonly (string | boolean)[]) => JSON.stringify(parts);

/** What the levels compare, as texts. */
function keysOf({ entities }: RadGraphReport) {
  const all = Object.values(entities);
  const lower = (text: string) => text.toLowerCase();
  return {
    simple: all.map(({ tokens, label }) => keyOf(tokens, label)),
    partial: all.map(({ tokens, label, relations }) =>
      relations.length > 0 ? keyOf(tokens, label, true) : keyOf(tokens, label),
    ),
    complete: all.flatMap(({ tokens, label, relations }) =>
      relations.length === 0
        ? [keyOf(tokens, label)]
        : relations.map(([kind, other]) => keyOf(lower(tokens), label, kind, lower(entities[other]!.tokens))),
    ),
    relations: all.flatMap(({ tokens, label, relations }) =>
      relations.map(([kind, other]) =>
        keyOf(tokens, label, entities[other]!.tokens, entities[other]!.label, kind),
      ),
    ),
  };
}

/**
 * Refuses what is no graph of a report.
 * @throws {@link MetricsError} `INPUT`; `where` names the report
 */
export function checkRadGraphReport(where: string, report: unknown): asserts report is RadGraphReport {
  const refuse = (expected: string, got: string): never => {
    throw new MetricsError(
      'INPUT',
      `${where}: expected ${expected}, got ${got}; give the graphs that radgraph writes.`,
    );
  };
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(report) || !isObject(report['entities']))
    return refuse('an object with entities', report === null ? 'null' : typeof report);
  const { entities } = report;
  for (const [key, entity] of Object.entries(entities)) {
    if (!isObject(entity) || typeof entity['tokens'] !== 'string' || typeof entity['label'] !== 'string')
      return refuse(`tokens and label in entity ${key}`, isObject(entity) ? 'others' : typeof entity);
    const { relations } = entity;
    if (!Array.isArray(relations)) return refuse(`a list of relations in entity ${key}`, typeof relations);
    for (const relation of relations as unknown[]) {
      const [kind, other] = Array.isArray(relation) ? (relation as unknown[]) : [];
      if (typeof kind !== 'string' || typeof other !== 'string' || !Object.hasOwn(entities, other))
        return refuse(
          `relations of entity ${key} to be a kind and the key of an entity`,
          JSON.stringify(relation) ?? typeof relation,
        );
    }
  }
}

/**
 * RadGraph F1 of one report against its reference, at all levels.
 *
 * Reference: the reward levels of the Python package `radgraph` (Delbrouck et al., 2022) and, for `combined`, CXR-Report-Metric (Yu et al., 2023).
 * The graphs come from that package; none are made here.
 *
 * @example
 * ```ts
 * const heart = { tokens: 'heart', label: 'Anatomy::definitely present', relations: [] };
 * computeRadGraphF1({ entities: { '1': heart } }, { entities: { '1': heart } }).partial; // 1
 * ```
 * @throws {@link MetricsError} `INPUT` where one of them is no graph
 */
export function computeRadGraphF1(candidate: RadGraphReport, reference: RadGraphReport): RadGraphScores {
  checkRadGraphReport(`${WHERE} (candidate)`, candidate);
  checkRadGraphReport(`${WHERE} (reference)`, reference);
  const [ours, theirs] = [keysOf(candidate), keysOf(reference)];
  const simple = f1Of(ours.simple, theirs.simple);
  return {
    simple,
    partial: f1Of(ours.partial, theirs.partial),
    complete: f1Of(ours.complete, theirs.complete),
    combined: (simple + f1Of(ours.relations, theirs.relations)) / 2,
  };
}
