/** Words after which a new statement begins; no cue reaches across them. */
const TERMINATORS =
  /\b(?:but|however|although|though|nevertheless|yet|except|aside from|apart from|other than|despite|which|where|while|whereas|there|since|because|seen on|compared)\b|[:()]/;
const VERBS = '(?:is|are|was|were|has|have|had|remains?|appears?|persists?|continues?)';
const FINITE_VERB = new RegExp(`\\b${VERBS}\\b`);

/** What begins a statement of its own after a comma or "and". */
const FRESH_START =
  /^(?:the|a|an|some|there|this|these|mild|mildly|moderate|moderately|marked|severe|minimal|minimally|subtle|trace|tiny|slight|small|large|stable|unchanged|persistent|increased|increasing|decreased|decreasing|again|bilateral|bibasilar|left|right|patchy|linear|streaky|possible|possibly|probable|probably|likely|suspected|questionable|heart|cardiac|lungs?|interval|low|with|without|old|chronic|healed|calcified|scattered|tortuous|status|presumed|enlarged|prominent|normal|clear|unremarkable|degenerative|postoperative|stigmata|otherwise)\b/;

const CLOSES_LIST = /^[^:()]*?,?\s(?:or|nor)\s/;

const countWords = (text: string) => text.split(/[\s,]+/).filter(Boolean).length;

/** Whether what follows in the clause ends an enumeration with "or", as in "no edema, large effusion, or fracture". */
function isOpenList(after: string): boolean {
  const clause = after.split(FINITE_VERB)[0]!.split(TERMINATORS)[0]!;
  return CLOSES_LIST.test(`${clause} `);
}

/**
 * Whether a cue reaches forward across `gap` to a mention: through an enumeration, not through a verb, a contrast or a statement that
 * begins afresh. `after` is the sentence behind the mention.
 * @internal
 */
export function reachesForward(gap: string, after: string, window: number): boolean {
  if (countWords(gap) > window || TERMINATORS.test(gap) || FINITE_VERB.test(gap) || /\bwith\b/.test(gap))
    return false;
  const parts = gap.split(/\s*(?:,|\band\b)\s*/);
  if (parts.length === 1) return true;
  const continues = (part: string) =>
    part === '' || /^(?:or|nor)\b/.test(part) || !FRESH_START.test(`${part.trim()} `);
  const last = parts.at(-1)!.trim();
  const ownStart = parts.slice(1, -1).every((part) => continues(part.trim()));
  const isListed = /\b(?:or|nor)\b/.test(gap) || isOpenList(after);
  return (ownStart && continues(last)) || isListed;
}

/** What makes an anatomical part enlarged or otherwise abnormal. @internal */
export const ABNORMAL_SIZE =
  /\b(?:enlarg\w*|prominen\w*|widen\w*|increased|large|larger|big|dilat\w*|globular|abnormal\w*|cardiomegaly|distort\w*)\b/;

/**
 * Whether a cue reaches back across `gap`, between a mention and the cue's verb, to the mention: through its subject, not through another
 * verb or a contrast. A singular verb does not reach back across "and".
 * @internal
 */
export function reachesBackward(gap: string, cue: string, window: number): boolean {
  if (!reachesSubject(gap, window)) return false;
  const isSingular = /^\s*(?:is|was|has|appears|remains)\b/.test(cue);
  return !(isSingular && /\band\b/.test(gap));
}

/** As {@link reachesBackward}, whatever the number of the verb: "heart size and vascularity is normal". @internal */
export function reachesSubject(gap: string, window: number): boolean {
  return countWords(gap) <= window && !TERMINATORS.test(gap) && !FINITE_VERB.test(gap);
}

/** The part of a sentence between commas, brackets and contrasts that holds a mention. @internal */
export function segmentAround(sentence: string, start: number, end: number): string {
  const before = sentence
    .slice(0, start)
    .split(/[,:()]|\bbut\b|\band the\b/)
    .at(-1)!;
  const after = sentence.slice(end).split(/[,:()]|\bbut\b|\band the\b/)[0]!;
  return before + sentence.slice(start, end) + after;
}
