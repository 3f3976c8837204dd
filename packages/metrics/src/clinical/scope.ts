/** A colon, a bracket or a dash that stands alone. */
const MARK = '[:()]|(?<= )-(?= |$)';

/** Words after which a new statement begins; no cue reaches across them. */
const TERMINATORS = new RegExp(
  '\\b(?:but|however|although|though|nevertheless|nonetheless|yet|except|save for|aside from|apart from|other than|besides|despite|notwithstanding|' +
    `which|where|while|whereas|whilst|there|since|because|instead|rather(?! than)|only|(?<!(?:previously|formerly) )seen on|compared)\\b|${MARK}`,
);
const VERBS = '(?:is|are|was|were|has|have|had|remains?|appears?|persists?|continues?)';
const FINITE_VERB = new RegExp(`\\b${VERBS}\\b`);

/** First words of a statement of its own after a comma, "and" or a line end. */
const FRESH_WORDS = [
  'the|a|an|some|there|this|these|multiple|several',
  'mild|mildly|moderate|moderately|marked|markedly|severe|minimal|minimally|subtle|trace|tiny|slight|slightly|small|large|extensive|hazy|faint',
  'stable|unchanged|persistent|increased|increasing|decreased|decreasing|again|interval|improved|improving|worsened|worsening|resolving|residual|recurrent|known',
  'new|newly|developing|also|just',
  'bilateral|bibasilar|biapical|left|right|basilar|retrocardiac|perihilar|patchy|linear|streaky|scattered|loculated',
  'possible|possibly|probable|probably|likely|suspected|questionable|presumed|presumably|favor|favors|favoring|suggesting|suggestive|representing|reflecting|consistent|compatible|suspicious|concerning|may|might|could',
  'heart|cardiac|lungs?|low|with|without|old|chronic|healed|calcified|tortuous|status|enlarged|prominent|normal|clear|unremarkable|degenerative|postoperative|stigmata|otherwise',
].join('|');
const FRESH_START = new RegExp(`^(?:${FRESH_WORDS})(?![a-z-])`);

/** Whether a line or a member of an enumeration begins like a statement of its own. @internal */
export function beginsAfresh(words: string): boolean {
  return FRESH_START.test(words) || /^no\b/.test(words);
}

/** "Or" between adjectives, which ends no enumeration: "right or left", "focal or diffuse", "enlarging or new". */
const ADJECTIVE_OR =
  /\b(?:right|left|upper|lower|old|new|large|small|acute|[a-z]+(?:al|ic|ive|ous|ar|ory|ble|enlarging|increasing|worsening|loculated|displaced|ant|fuse)) (?:or|nor)\b/g;
const OR = /\b(?:or|nor)\b/;
const endsList = (part: string) => OR.test(part.replace(ADJECTIVE_OR, ''));

const countWords = (text: string) => text.split(/[\s,]+/).filter(Boolean).length;

/** What is behind a mention up to where its statement ends at the latest. */
const STATEMENT_END =
  /\b(?:with|without|no|not|likely|possibly|probably|may|might|could|suggest\w*|represent\w*|reflect\w*|consistent|compatible|due to|from)\b/;

/** Whether what follows in the clause ends an enumeration with "or", as in "no edema, large effusion, or fracture". */
function isOpenList(after: string): boolean {
  const clause = [FINITE_VERB, TERMINATORS, STATEMENT_END].reduce((text, end) => text.split(end)[0]!, after);
  return /\s(?:or|nor)\s(?!(?:left|right|both|more|less|so)\s*(?:,|$))/.test(`${clause} `);
}

/** What an enumeration after "no" may end with: "no effusion, pneumothorax is seen". */
const LIST_PREDICATE =
  /^ (?:(?!again|still|also|stable|unchanged)[a-z]+ )?(?:seen|identified|visuali[sz]ed|visible|present|evident|demonstrated|noted|detected|apparent|found|observed|appreciated|developed)\b/;
const NEAR = '^(?: (?!and\\b|or\\b|nor\\b|with\\b|no\\b)[a-z-]+)';
const OWN_VERB = new RegExp(`${NEAR}{0,5}? ${VERBS}(?![a-z-])(.*)`);
const OWN_PREDICATE = new RegExp(
  `${NEAR}{0,2}? (?:unchanged|stable|improved|increased|decreased|worse|larger|smaller|persistent|in (?:place|situ|position|(?:good|satisfactory|standard|appropriate|unchanged|stable) position)|tip|terminates?|terminating|ends|projects?|projecting|overl(?:ies|ying)|extends?|extending|courses)(?![a-z-])`,
);

/** Whether a mention is the subject of a predicate of its own. */
function hasOwnPredicate(after: string, isListClosed: boolean): boolean {
  if (OWN_PREDICATE.test(after)) return true;
  const verb = OWN_VERB.exec(after);
  return verb !== null && (isListClosed || !LIST_PREDICATE.test(verb[1]!));
}

/** Members of an enumeration after "and" that are not told apart from those before by what is new about them. */
const INVENTORY =
  /^(?:a|an|mild|moderate|small|large|trace|tiny|minimal|bilateral|bibasilar|left|right|basilar|retrocardiac|perihilar|old|chronic)(?![a-z-])/;

/**
 * Whether a cue reaches forward across `gap` to a mention: through an enumeration, not through a verb, a contrast or a statement that
 * begins afresh or has a verb of its own. An enumeration that "or" has ended takes no such statement in. `phrase` and `after` are the
 * words of the mention and the sentence behind it; with `takesInventory` members of any size and side belong to the enumeration.
 * @internal
 */
export function reachesForward(
  gap: string,
  { phrase, after }: { readonly phrase: string; readonly after: string },
  window: number,
  takesInventory = false,
): boolean {
  if (countWords(gap) > window || TERMINATORS.test(gap) || FINITE_VERB.test(gap) || /\bwith\b/.test(gap))
    return false;
  const parts = gap.split(/\s*(?:,|\band\b)\s*/).map((part) => part.trim());
  return parts.every((part, at) => {
    if (at === 0 || /^(?:or|nor)\b/.test(part)) return true;
    const isLast = at === parts.length - 1;
    const words = isLast && phrase !== 'heart failure' ? `${part} ${phrase}`.trim() : part;
    const isClosed = parts.slice(0, at).some(endsList);
    const isFresh = FRESH_START.test(words) && !(takesInventory && INVENTORY.test(words));
    const isOwn = isFresh || (isLast && !OR.test(part) && hasOwnPredicate(after, isClosed));
    return !isOwn || (!isClosed && (parts.slice(at).some((later) => OR.test(later)) || isOpenList(after)));
  });
}

/** What makes an anatomical part enlarged or otherwise abnormal. @internal */
export const ABNORMAL_SIZE =
  /\b(?:enlarg\w*|prominen\w*|widen\w*|increased|large|larger|big|bigger|dilat\w*|globular|abnormal\w*|cardiomegaly|distort\w*)\b/;

/** A cue that begins with a verb of one subject. @internal */
export const SINGULAR = /^\s*(?:is|was|has|appears|remains)\b/;

/** A clause about the past of the subject: "that was present yesterday". */
const WHAT_WAS = /^(?: ,)? (?:that|which) (?:was|were|had been) (?!not\b|no\b)/;

/** The colon or dash of a label and its value: "effusion: none", "heart size - normal". */
const LABEL_MARK = /^((?: [a-z-]+){0,4}) [:-] ?$/;

/**
 * Whether a cue reaches back across `gap`, between a mention and the cue's verb, to the mention: through its subject or the mark behind a
 * label, not through another verb or a contrast. A singular verb does not reach back across "and".
 * @internal
 */
export function reachesBackward(gap: string, cue: string, window: number): boolean {
  if (!reachesSubject(gap, window)) return false;
  return !(SINGULAR.test(cue) && /\band\b/.test(gap));
}

/** As {@link reachesBackward}, whatever the number of the verb: "heart size and vascularity is normal". @internal */
export function reachesSubject(gap: string, window: number): boolean {
  const words = gap.replace(LABEL_MARK, '$1').replace(WHAT_WAS, '');
  return countWords(words) <= window && !TERMINATORS.test(words) && !FINITE_VERB.test(words);
}

const SEGMENT_ENDS = /[,:()]|\bbut\b|\band the\b|\bwith (?=(?:[a-z]+ ){0,2}cardiomegaly\b)/;

/** The part of a sentence between commas, brackets and contrasts that holds a mention. @internal */
export function segmentAround(sentence: string, start: number, end: number): string {
  const before = sentence.slice(0, start).split(SEGMENT_ENDS).at(-1)!;
  const after = sentence.slice(end).split(SEGMENT_ENDS)[0]!;
  return before + sentence.slice(start, end) + after;
}
