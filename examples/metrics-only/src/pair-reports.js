import { FileError } from './read-reports.js';

const hasId = ({ id }) => id !== undefined;

/** Reports by id; refuses a file where only some have one. */
function idsOf(reports, name) {
  if (!reports.some(hasId)) return undefined;
  if (!reports.every(hasId))
    throw new FileError(`${name}: expected an id in every item or in none, got some without.`);
  return Map.groupBy(reports, ({ id }) => id);
}

/** @param {readonly string[]} ids */
const some = (ids) => ids.slice(0, 3).join(', ') + (ids.length > 3 ? ', ...' : '');

/**
 * Candidates with their references: by id where both files have them (several references of one id are alternatives), else by order.
 */
export function pairReports(candidates, references) {
  const byId = idsOf(candidates, 'candidates');
  const referencesById = idsOf(references, 'references');
  if (!byId !== !referencesById)
    throw new FileError('expected ids in both files or in neither; add them, or take them away.');
  if (!byId) return pairByOrder(candidates, references);
  const twice = [...byId].filter(([, reports]) => reports.length > 1).map(([id]) => id);
  if (twice.length > 0) throw new FileError(`candidates: expected every id once, got ${some(twice)} again.`);
  const alone = [
    ...[...byId.keys()].filter((id) => !referencesById.has(id)),
    ...[...referencesById.keys()].filter((id) => !byId.has(id)),
  ];
  if (alone.length > 0)
    throw new FileError(`expected the same ids in both files, got ${some(alone)} in one.`);
  return {
    pairing: 'by id',
    candidates: candidates.map(({ text }) => text),
    references: candidates.map(({ id }) => referencesById.get(id).map(({ text }) => text)),
  };
}

function pairByOrder(candidates, references) {
  if (candidates.length !== references.length)
    throw new FileError(
      `expected as many candidates as references, got ${candidates.length} and ${references.length}.`,
    );
  return {
    pairing: 'by their order',
    candidates: candidates.map(({ text }) => text),
    references: references.map(({ text }) => [text]),
  };
}
