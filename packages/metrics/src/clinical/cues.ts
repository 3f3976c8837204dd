/**
 * Cue phrases of negation and uncertainty. Derived from the dependency patterns of the CheXpert labeler (`patterns/*.txt`, MIT licence, see
 * LICENSE.chexpert-labeler), written here as phrases with a direction and a reach in words instead of parse trees.
 */

/** A group of cue phrases. @internal */
export interface CueRule {
  readonly status: 'negative' | 'uncertain';
  /** `forward`: the cue stands before what it speaks of. */
  readonly direction: 'forward' | 'backward';
  readonly phrases: RegExp;
  /** Largest number of words between cue and mention. */
  readonly window: number;
  /** Only for parts of the body that every report names, such as the heart, not for findings. */
  readonly isForAnatomy?: boolean;
  /** Does not hold where the clause calls the part enlarged. */
  readonly yieldsToSize?: boolean;
}

const VERB = '(?:(?:is|are|was|were|be|has been|have been|has|have|remains?|appears?|to be) )';
const ADVERBS =
  '(?:(?:\\w+ly|now|also|again|still|otherwise|not|well|to be|stable and|unchanged and|within|at|the|in|overall|all|size and) )';
const MODAL = '(?:may|might|could|would|can)';
const SPEAKS =
  '(?:represent\\w*|reflect\\w*|indicat\\w*|includ\\w*|suggest\\w*|be|have|relate to|correspond to|account for)';

const cue = (...phrases: readonly string[]) =>
  new RegExp(`(?<![a-z-])(?:${phrases.join('|')})(?![a-z-])`, 'g');

/** Words between a verb and its predicate that change nothing about it. */
const FILLERS = `(?:(?!(?:not|no|and|but|enlarg\\w*|prominen\\w*|increas\\w*|widen\\w*|abnormal\\w*)\\b)[a-z-]+ ){0,6}`;
const NORMAL = '(?:normal|unremarkable|maintained|preserved|clear)';
const SEEN =
  '(?:seen|identified|visuali[sz]ed|visible|present|evident|enlarged|demonstrated|noted|detected|apparent|found|observed|recognized|displaced)';

/** Tried first: "cannot exclude" and "no new" would look like negations. @internal */
export const EARLY_UNCERTAINTY: readonly CueRule[] = [
  {
    status: 'uncertain',
    direction: 'forward',
    window: 20,
    phrases: cue(
      '(?:can ?not|can not|could not|unable to|difficult to|does not|do not) (?:\\w+ )?(?:exclude|rule out|be excluded)',
      'not (?:\\w+ )?(?:exclude|rule out|ruling out)',
      'no evidence to (?:exclude|rule out)',
      'no (?:\\w+ )?new',
      'without (?:\\w+ )?new',
    ),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    window: 12,
    phrases: cue(
      `(?:can ?not|can not|could not|${VERB}not|not|difficult to) (?:\\w+ )?(?:be )?(?:\\w+ )?(?:excluded?|ruled out)`,
      'not (?:\\w+ly )?excluded',
      `${VERB}?not (?:clearly|definitely|definitively) (?:seen|identified|visuali[sz]ed)`,
    ),
  },
];

/** @internal */
export const NEGATION: readonly CueRule[] = [
  {
    status: 'negative',
    direction: 'forward',
    window: 20,
    phrases: cue(
      'no',
      'without',
      'nor',
      'neither',
      'denies',
      'negative for',
      'free of',
      'clear of',
      'clearing of',
      '(?:absence|disappearance|resolution|removal|drainage|history|hx) of',
      'rather than',
      '(?:rules?|ruled|ruling|to rule) out',
      'excludes?|excluding',
      '(?:do|does|did) not (?:\\w+ )?(?:show|demonstrate|reveal|have|suggest|represent|see|identify|contain)',
      'not (?:\\w+ly )?(?:suggestive|indicative|consistent|compatible)',
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    window: 12,
    phrases: cue(
      `${VERB}?(?:not|no longer) ${ADVERBS}{0,2}${SEEN}`,
      `${VERB}${ADVERBS}?(?:resolved|cleared|absent|removed|ruled out|excluded|negative)`,
      '(?:with|in) (?:interval |complete |near complete )*(?:resolution|removal|clearing)',
      `${VERB}?(?:previously|formerly) (?:\\w+ )?(?:demonstrated|visuali[sz]ed|seen|noted|described)`,
      `${VERB}no longer`,
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    window: 14,
    isForAnatomy: true,
    phrases: cue(
      `${VERB}{1,2}(?:(?:stable|unchanged|similar) and )?${FILLERS}${NORMAL}`,
      `${ADVERBS}{0,3}(?:upper |top )?(?:limits? (?:of )?)?${NORMAL}`,
      `(?:shows?|demonstrates?|presents?|displays?) ${FILLERS}normal`,
    ),
  },
  {
    status: 'negative',
    direction: 'forward',
    window: 6,
    isForAnatomy: true,
    phrases: cue('normal|unremarkable', '(?:normal|upper) limits'),
  },
];

/** @internal */
export const UNCERTAINTY: readonly CueRule[] = [
  {
    status: 'uncertain',
    direction: 'forward',
    window: 12,
    phrases: cue(
      'possible|possibly|presumably|presumed|probable|probably|questionable|maybe|perhaps|suspect|suspected|equivocal',
      'suspicious for|suspicion (?:for|of)|concern(?:ing)? (?:for|of)|worrisome for',
      '(?:question|suggestion|possibility|likelihood) of|question',
      `${MODAL} (?:\\w+ly |also |well )*${SPEAKS}`,
      `${MODAL} (?:\\w+ly |also )*be (?:due to|secondary to|related to|attributable to|compatible with|consistent with)`,
      '(?:favor|favors|favored|favoring|consider|considered)(?: to)?',
      'differential(?: diagnosis| considerations?)?(?: [a-z]+){0,4} includ(?:es?|ing)|differential(?: diagnosis| considerations?)',
      '(?:correlate|correlation)(?: clinically)? (?:for|with)|clinical correlation for',
      'sign and symptoms? of|symptoms? of',
      '(?:evaluat(?:e|ion)|assess|assessment|screen|detection) for|detecting',
      '(?:limited|limits|for(?: the)?) (?:evaluation|assessment|detection) of',
      'less likely|unlikely',
      'versus|vs',
      'borderline',
    ),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    window: 8,
    phrases: cue(
      `${VERB}${ADVERBS}?(?:borderline|possible|probable|questionable|questioned|suspected|favored|considered|unlikely|less likely|equivocal)`,
      `(?:borderline|possible|probable|questionable|questioned|suspected|favored|considered|unlikely|less likely|equivocal)(?= *(?:$|,))`,
      `${MODAL} (?:\\w+ly |also )*(?:be present|be considered|have this appearance|appear)`,
      `${MODAL} (?:still )?not be ${SEEN}`,
      `(?:${MODAL} be |is |are )?(?:\\w+ly |also |another |an? |other )*(?:considerations?|possibilit(?:y|ies))`,
      `${VERB}(?:poorly|incompletely|suboptimally|not (?:well-?|optimally|fully|adequately)|difficult to) ?(?:evaluated?|visuali[sz]ed?|assess(?:ed)?|seen)?`,
      `${VERB}?not appreciated`,
      `${VERB}${ADVERBS}?obscured`,
    ),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    window: 3,
    phrases: cue('obscur(?:ed|es|ing)(?: the)?'),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    window: 12,
    isForAnatomy: true,
    yieldsToSize: true,
    phrases: cue(
      `${VERB}?${ADVERBS}{0,2}(?:stable|unchanged|similar|not (?:significantly |substantially )?changed)`,
      '(?:with)?(?:out| no) (?:significant |interval |appreciable |substantial )*change',
    ),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    window: 6,
    isForAnatomy: true,
    yieldsToSize: true,
    phrases: cue(
      'stable|unchanged|similar',
      'no (?:significant |interval |appreciable |substantial )*change (?:in|of)',
    ),
  },
];

/** "No" before these speaks of change, not of the finding. @internal */
export const PSEUDO_NEGATION =
  /^ ?(?:\w+ly |significant |interval |appreciable |definite |substantial |further |obvious |other |major |overt )*(?:change|changes|increase|decrease|progression|improvement|worsening|difference|interval change)\b/;
