import { EARLY_UNCERTAINTY, NEGATION, UNCERTAINTY, type CueRule } from './cues.js';
import type { LabelStatus } from './findings.js';
import type { Mention } from './mentions.js';
import { escapesNegation, UNCHANGED } from './negation-scope.js';
import {
  ABNORMAL_SIZE,
  beginsAfresh,
  reachesBackward,
  reachesForward,
  reachesSubject,
  segmentAround,
  SINGULAR,
} from './scope.js';

/** How a sentence speaks of a mention, and the words that say so. @internal */
export interface Assertion {
  readonly status: LabelStatus;
  readonly cue?: string | undefined;
}

/** Parts of the body whose size or outline is spoken of; whether that is a finding depends on the words around them. */
const ANATOMY =
  /^(?:the heart|heart size|cardiac (?:size|shadow|contour|silhouette)s?|(?:cardio)?mediastinum|contours?|(?:cardio)?mediastinal (?:configuration|silhouette)s?|(?:cardio)?pericardial silhouettes?|cardiac silhouette and vascularity)$/;

/** Places a thing by the part of the body beside it. */
const LOCATES =
  /\b(?:to|over|of|behind|by|on|in|near|with|overlying|overlies|within|above|below|beneath|from|along|at|through)(?: the| left| right| upper| superior| anterior| posterior| middle| lower)* $/;

/** A part of the body that only says where something else is: "a device projects over the heart". @internal */
export function isLocation(sentence: string, mention: Mention): boolean {
  return (
    isAnatomy(mention) &&
    LOCATES.test(sentence.slice(0, mention.start)) &&
    !ABNORMAL_SIZE.test(segmentAround(sentence, mention.start, mention.end))
  );
}

/** Phrases of the list that name a doubtful sign. */
const DOUBTFUL_SIGNS = /^(?:vascular congestion|pulmonary congestion|indistinctness|vascular prominence)$/;

const isAnatomy = ({ phrase }: Mention) => ANATOMY.test(phrase);

/** What a cue is tried against: a mention, its sentence and the other mentions there. */
interface Context {
  readonly sentence: string;
  readonly mention: Mention;
  readonly mentions: readonly Mention[];
}

/** A clause that has stated its finding before the next subject comes. */
const STATED = /\b(?:there (?:is|are)|shows?|demonstrates?|with)\b[^,:()]*$/;

/** The colon of "negative for: effusion, pneumothorax". */
const LIST_COLON = /^((?: (?:evidence|signs?) of)?) : /;

function holdsForward(rule: CueRule, { sentence, mention }: Context, from: number, to: number): boolean {
  if (to > mention.start) return false;
  const gap = sentence.slice(to, mention.start).replace(LIST_COLON, '$1 ');
  if (typeof rule.gap !== 'number') return rule.gap.test(gap);
  if (rule.isForAnatomy) return qualifies(sentence.slice(0, from), gap, mention.phrase, rule.gap);
  if (rule.status === 'negative' && escapesNegation(gap, mention, isAnatomy(mention))) return false;
  return reachesForward(
    gap,
    { phrase: mention.phrase, after: sentence.slice(mention.end) },
    rule.gap,
    rule.takesInventory,
  );
}

/** An aspect of the part of the body that "normal" speaks of: "in size and", "limits for technique and". */
const ASPECT = /^(?: limits?)? (?:in|for) (?:(?!(?:the|but|with|while|although)\b)[a-z]+ (?:and |, )?){0,3}$/;

/**
 * Whether "normal" or "stable" after `before` speaks of the anatomical part behind `gap`: as its adjective, or as a predicate that names an
 * aspect, as in "is normal in size and contour".
 */
function qualifies(before: string, gap: string, phrase: string, window: number): boolean {
  if ((ASPECT.test(gap) && !phrase.startsWith('the ')) || gap === ' ') return true;
  const isPredicate = /\b(?:is|are|was|were|remains?|appears?) (?:\w+ ){0,2}$/.test(before);
  return (
    !isPredicate && !/^ (?:and|,|in)(?: |$)/.test(gap) && reachesForward(gap, { phrase, after: '' }, window)
  );
}

/**
 * Whether a mention behind a comma or "and" has the cue for itself: "effusion unchanged, [pneumothorax] not seen". Several may share doubt,
 * as in "atelectasis, [infiltrate] difficult to exclude".
 */
function hasNearerSubject(rule: CueRule, { sentence, mention, mentions }: Context, from: number): boolean {
  if (!mentions.some(({ start, end }) => start >= mention.end && end <= from)) return false;
  const gap = sentence.slice(mention.end, from);
  if (/\b(?:and|or|nor)\b/.test(gap))
    return STATED.test(sentence.slice(0, mention.start)) && !/\bor\b/.test(gap);
  return gap.includes(',') && (rule.status === 'negative' || SINGULAR.test(sentence.slice(from)));
}

/** Whether a mention behind `before` is one of several names in front of the answer to all of them: "[effusion], pneumothorax: none". */
function isAnswered(before: string, gap: string): boolean {
  const isListOfNames =
    /^(?: (?:,(?: and| or)?|or|and)(?: (?!(?:is|are|was|were)\b)[a-z-]+){1,3})+ [:-] $/.test(gap);
  return isListOfNames && /^(?:[a-z-]+ |, )*$/.test(before) && !beginsAfresh(before);
}

function holdsBackward(rule: CueRule, context: Context, from: number, to: number): boolean {
  const { sentence, mention } = context;
  if (from < mention.end) return false;
  const gap = sentence.slice(mention.end, from);
  if (typeof rule.gap !== 'number')
    return rule.gap.test(gap) || isAnswered(sentence.slice(0, mention.start), gap);
  if (rule.isForAnatomy) {
    const adjectives = /(?:[a-z-]+ ){0,2}$/.exec(sentence.slice(0, mention.start))![0];
    return !ABNORMAL_SIZE.test(adjectives + gap) && reachesSubject(gap, rule.gap);
  }
  return reachesBackward(gap, sentence.slice(from, to), rule.gap) && !hasNearerSubject(rule, context, from);
}

interface Cue {
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
}

/** The places of a rule's phrases in one sentence. @internal */
export type CueFinder = (rule: CueRule) => readonly Cue[];

/** Finds the phrases of each rule in a sentence once, however many mentions ask. @internal */
export function createCueFinder(sentence: string): CueFinder {
  const found = new Map<CueRule, readonly Cue[]>();
  return (rule) => {
    const known = found.get(rule);
    if (known) return known;
    const cues = Array.from(sentence.matchAll(rule.phrases), ({ index, 0: phrase }) => ({
      start: index,
      end: index + phrase.length,
      phrase: phrase.trim(),
    }));
    found.set(rule, cues);
    return cues;
  };
}

function findCue(rule: CueRule, context: Context, cuesOf: CueFinder): string | undefined {
  const { sentence, mention } = context;
  if (rule.isForAnatomy && !isAnatomy(mention)) return undefined;
  if (rule.yieldsToSize && ABNORMAL_SIZE.test(segmentAround(sentence, mention.start, mention.end)))
    return undefined;
  const holds = rule.direction === 'forward' ? holdsForward : holdsBackward;
  for (const { start, end, phrase } of cuesOf(rule)) if (holds(rule, context, start, end)) return phrase;
  return undefined;
}

const RULES = [...EARLY_UNCERTAINTY, ...NEGATION, ...UNCERTAINTY];

function firstCue(rules: readonly CueRule[], context: Context, cuesOf: CueFinder): Assertion | undefined {
  for (const rule of rules) {
    const cue = findCue(rule, context, cuesOf);
    if (cue !== undefined) return { status: rule.status, cue };
  }
  return undefined;
}

const SEPARATES =
  /\b(?:and|with|but|is|are|was|were|has|have|no|without|may|might|could|would|can|likely|consistent|suggests?|represents?|reflects?)\b/;

/** Nothing but a few adjectives. */
const isShort = (gap: string) => !SEPARATES.test(gap) && gap.split(' ').filter(Boolean).length <= 6;

const ALTERNATIVE = /\b(?:or|versus|vs)\b/;

/** An alternative that is no mention: "effusion or hemothorax", but not "on the right or left". */
const OTHER_ALTERNATIVE = /^ (?:or|versus|vs) (?!(?:left|right|both|more|less|so)\b)/;

/**
 * Whether the mention is one of alternatives: another finding within reach, only commas and adjectives between the links of the chain, and
 * "or" in it, or its neighbour behind "versus". What is denied, or what "no change in" names, is no alternative. Two words for the same finding, as in "pacemaker or defibrillator", leave no doubt about it.
 */
function alternativeCue(context: Context, cuesOf: CueFinder): string | undefined {
  const { sentence, mention } = context;
  const isDenied = (other: Mention) =>
    firstCue(NEGATION, { ...context, mention: other }, cuesOf) !== undefined;
  const mentions = context.mentions.filter((other) => other === mention || !isDenied(other));
  const at = mentions.indexOf(mention);
  const gapAfter = (index: number) =>
    sentence.slice(mentions[index]!.end, mentions[index + 1]?.start ?? mentions[index]!.end);
  const isLink = (index: number) => {
    const gap = gapAfter(index);
    return /,|\bor\b/.test(gap) && !/\bor\b.*,/.test(gap) && isShort(gap);
  };
  const isVersus = (index: number) =>
    index >= 0 && /\b(?:versus|vs)\b/.test(gapAfter(index)) && isShort(gapAfter(index));
  if (isVersus(at - 1) || isVersus(at)) return 'versus';
  let [first, last] = [at, at];
  while (first > 0 && isLink(first - 1)) first -= 1;
  while (last < mentions.length - 1 && isLink(last)) last += 1;
  if (UNCHANGED.test(sentence.slice(0, mentions[first]!.start))) return undefined;
  for (let index = first; index < last; index++) {
    const isOther = mentions[index]!.finding !== mentions[index + 1]!.finding;
    if (isOther && /\bor\b/.test(gapAfter(index))) return 'or';
  }
  return last === at && OTHER_ALTERNATIVE.test(sentence.slice(mention.end)) ? 'or' : undefined;
}

/**
 * How a sentence speaks of one of its mentions: doubt that would look like negation first, then negation, then doubt, else it is
 * stated, in the order of CheXpert's labeler.
 * @internal
 */
export function assertMention(
  sentence: string,
  mention: Mention,
  mentions: readonly Mention[],
  cuesOf: CueFinder,
): Assertion {
  const context = { sentence, mention, mentions };
  const found = firstCue(RULES, context, cuesOf);
  if (found) return found;
  const cue = ALTERNATIVE.test(sentence) ? alternativeCue(context, cuesOf) : undefined;
  if (cue !== undefined) return { status: 'uncertain', cue };
  if (DOUBTFUL_SIGNS.test(mention.phrase)) return { status: 'uncertain', cue: mention.phrase };
  return { status: 'positive' };
}
