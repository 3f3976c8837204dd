import type { Mention } from './mentions.js';

const CHANGES =
  '(?:changes?|increase|decrease|progression|regression|improvement|worsening|difference|resolution|clearing|resorption|reduction|deterioration|re-?expansion|extension)';
const GROWTHS = '(?:enlargement|growth|expansion|widening)';
const QUALITIES =
  '(?:(?:[a-z]+ly|significant|interval|appreciable|definite|substantial|further|obvious|other|major|overt|measurable|visible|discernible|convincing|new|evidence of|evidence for|signs? of) )*';

/** "No" before these speaks of change, not of the finding. */
const CHANGE = new RegExp(`^ ?${QUALITIES}${CHANGES}\\b`);
/** The end of a text whose next words name what does not change: "no change in". @internal */
export const UNCHANGED = new RegExp(`\\b(?:no|without) ${QUALITIES}${CHANGES} (?:in|of|to)\\b[^,]*$`);
/** The same within an enumeration: "no pneumothorax or change in the effusion". */
const LATER_CHANGE = new RegExp(`\\b(?:or|and|,) ${QUALITIES}${CHANGES} (?:in|of|to)\\b[^,]*$`);
/** An anatomical part that does not grow is normal; a finding that does not grow is there. */
const GROWTH = new RegExp(`(?:^|\\b(?:or|and) |, ) ?${QUALITIES}${GROWTHS}(?: (?:of|in)\\b[^,]*)? $`);

/** What "no" does not pass: what was done before, what would be explained, the comma behind the answer "no", and no doubt. */
const ENDS_NEGATION =
  /^ [,)]|^ (?:doubt|question)\b|\b(?:after|following|to explain|to account for|explaining|given|in the setting of|status post)(?![a-z-])|(?<!^|\b(?:acute|immediate|any|of|early|or|and|nor)) post(?![a-z-])/;

/** Words for being there, which say no more than "no" alone: "no evidence of", "no recurrence of". */
const PRESENCE =
  /^(?: (?:[a-z-]+ ){0,3}?(?:evidence|signs?|suggestion|indication|trace|residual|residua|remnant|recurrence|reaccumulation|reappearance|presence|development|findings?|features?|focus|foci|areas?|appearance|x{2,}|_+) (?:of|for))+(?= )/;

/** A preposition and an article before a thing that is taken for granted: "no cavity within the [nodule]", "no kink of the [tube]". */
const TAKEN_FOR_GRANTED =
  /\b(?:in|within|of|around|about|near|from|to|on|along|by|beside|surrounding|underlying|overlying|beneath|behind|beyond|at) (?:the|this|that|these|those|known|either|both)(?: (?!(?:or|and|nor)\b)[a-z-]+){0,4} $/;
/** Of a device that holds without an article too: "no complication of line placement". */
const AT_DEVICE =
  /\b(?:in|within|of|around|near|from|to|on|along|by|at|related to|secondary to|due to|during)(?: (?!(?:or|and|nor)\b)[a-z-]+){0,4} $/;

/**
 * Whether a mention behind "no" and `gap` is not what is denied: what does not change or grow is there, and so is what is named only to say
 * where or when nothing was found.
 * @internal
 */
export function escapesNegation(gap: string, mention: Mention, isAnatomy: boolean): boolean {
  if (CHANGE.test(gap) || LATER_CHANGE.test(gap) || ENDS_NEGATION.test(gap)) return true;
  if (isAnatomy || mention.finding === 'No Finding') return false;
  if (GROWTH.test(gap)) return true;
  const rest = gap.replace(PRESENCE, '');
  return (mention.finding === 'Support Devices' ? AT_DEVICE : TAKEN_FOR_GRANTED).test(rest);
}
