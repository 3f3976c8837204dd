import { findMentions } from './mentions.js';
import { beginsAfresh } from './scope.js';

/** Last words that leave a phrase open. */
const OPEN =
  /(?:[,&/-]|\b(?:and|or|nor|of|for|in|on|at|to|with|without|from|by|over|under|behind|near|after|following|than|versus|vs|no|not|the|a|an|is|are|was|were|be|been|has|have|may|might|could|can|focal|acute|definite|significant|evidence|pleural|pulmonary|interval|possible|probable|likely|stable|unchanged|persistent|new|old|mild|mildly|moderate|moderately|small|large|tiny|trace|minimal|severe|bilateral|bibasilar|left|right|upper|lower))\s*$/i;

/** Last words that complete a statement about a part of the body. */
const PREDICATE =
  /\b(?:normal|clear|unremarkable|intact|stable|unchanged|enlarged|seen|identified|visuali[sz]ed|present|evident|noted|resolved|removed|cleared|(?:the (?:left|right))|limits|bilaterally)\s*$/i;

const endsWithMention = (text: string) => findMentions(text).some(({ end }) => end === text.trimEnd().length);

/** Whether the words of a line can be the beginning of a statement and those before it the end of one, whatever their letters. */
function isNewStatement(before: string, line: string): boolean {
  const mentions = findMentions(line);
  if (mentions.length === 0) return false;
  const isComplete = endsWithMention(before) || PREDICATE.test(before);
  if (mentions[0]!.start === 0) return isComplete && /\s/.test(before);
  if (!beginsAfresh(line)) return false;
  return isComplete || (/\s/.test(before) && !OPEN.test(before));
}

/** Characters of the statement before a line end that tell whether it ends there. */
const READ_BACK = 200;

/**
 * Whether a line end without punctuation ends a statement, or only wraps it: a line that begins with a capital goes on only if the line
 * before it is left open, as by "no" or a comma. Where letters are all capitals or all small, the words alone tell.
 * @internal
 */
export function startsOwnLine(text: string, line: string): boolean {
  const before = text.slice(-READ_BACK);
  const isMixed = /[a-z]/.test(before);
  if (isMixed && /^\s*[("']*[A-Z](?:[a-z]| )/.test(line)) return !OPEN.test(before);
  return isNewStatement(before.toLowerCase().trim(), line.toLowerCase().trim());
}
