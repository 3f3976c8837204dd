import { doubtNotes } from '../doubt-counts.js';
import type { RrgSections } from './evaluate-rrg-films.js';

/** What a reader must know of the figures of a report model. */
export function rrgNotes({ counts, detection, regions, reports, withReferenceLeak }: RrgSections): string[] {
  const notes: string[] = [];
  const say = (is: boolean, note: string) => void (is && notes.push(note));
  say(
    counts.withoutSelectedRegion > 0,
    `${counts.withoutSelectedRegion} of ${counts.films} films have no selected region and so no report; scores of reports leave them out on both sides, as the reference does. "allFilms" counts them as empty.`,
  );
  say(detection === null, 'No study has a box of a region: detection is not measured.');
  say(
    regions === null,
    'No study has phrases of regions: selection, abnormality and sentences are not measured.',
  );
  say(reports === null, 'No study has a reference report: reports are not measured.');
  say(
    counts.boxesOutside > 0,
    `${counts.boxesOutside} annotated boxes reach beyond their film: check that boxes and films have the same size.`,
  );
  say(
    regions !== null,
    'Selection in abnormal regions has a precision of 1 by construction: every abnormal region has a phrase.',
  );
  say(
    withReferenceLeak !== null,
    'Figures "with the reference\'s leak" come about as RGRG measures itself, with the annotated boxes among the proposals; they flatter the model and are for comparison with figures made so only.',
  );
  return [...notes, ...doubtNotes(counts.inDoubt, counts.films)];
}
