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
  /** What may stand between cue and mention: at most so many words, or words of this form. */
  readonly gap: number | RegExp;
  /** Only for parts of the body that every report names, such as the heart, not for findings. */
  readonly isForAnatomy?: boolean;
  /** Does not hold where the clause calls the part enlarged. */
  readonly yieldsToSize?: boolean;
  /** Takes in a member that follows "and", whatever its size and side: "resolution of effusion and mild edema". */
  readonly takesInventory?: boolean;
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
const FILLERS = `(?:(?!(?:not|no|and|but|than|above|beyond|outside|enlarg\\w*|prominen\\w*|increas\\w*|widen\\w*|abnormal\\w*)\\b)[a-z-]+ ){0,6}`;
/** "Normal", not as the measure of something larger or denied. */
const NORMAL =
  '(?<!\\b(?:(?:than|above|beyond|outside|exceed(?:s|ing)?) (?:(?:the|upper|limits?|of|range) )*|(?:not|no longer) (?:(?:\\w+ly|quite|within) )?))(?:normal|unremarkable|maintained|preserved|clear)';
const SEEN =
  '(?:seen|identified|visuali[sz]ed|visible|present|evident|demonstrated|noted|detected|apparent|found|observed|recogni[sz]ed|displaced|discernible|depicted|shown|developed|recurred|there)';
const SIZED = '(?:enlarged|widened|dilated|prominent|increased|abnormal)';
/** Not behind words that make it partial or deny it: what is nearly gone is there, and so is what has not resolved. */
const WHOLLY =
  '(?<!\\b(?:no|not|never|without|lack of|partial|partially|incomplete|incompletely|near|nearly|almost|some|slight|slightly|minimal|minimally|mostly|largely|yet to) (?:(?:interval|complete|further|significant|definite|yet|been|be|have|[a-z]+ly) ){0,3})';
const GONE = '(?:resolved|cleared|absent|removed|gone|disappeared|vanished)';
const DOUBTED =
  '(?:borderline|possible|probable|questionable|questioned|suspected|favored|considered|unlikely|less likely|equivocal|indeterminate|uncertain|doubtful)';
const CERTAIN = '(?:confirmed|verified|established|ascertained|determined|assessed|evaluated)';
const EXCLUDE = '(?:exclude|rule out)';
const EXCLUDED = '(?:excluded?|ruled? (?:in or )?out)';
const UNABLE =
  '(?:not|never|unable to|difficult to|hard to|impossible to|insufficient to|inadequate to|fails? to|failed to)';

/** What may stand between a finding and "resolved" or "none" without a verb: its place, or the mark behind a label. */
const PLACE =
  /^(?: (?:on|in|at|of|the|left|right|both|upper|middle|mid|lower|lungs?|lobes?|bases?|apex|apical|apices|zones?|sides?|bilaterally|now|has|have|since|completely|fully|interval|have|or|and|tubes?|placement))*(?: [:,(-])? ?$/;
/** What may stand between "not" and what it denies: "not due to pneumonia", "not a true mass". */
const DENIED =
  /^(?: (?:an?|any|true|acute|active|focal|lobar|frank|overt|pulmonary|pleural|due to|caused by|from|related to|secondary to|representing|reflecting|thought to be|felt to be))* $/;

/** Tried first: "cannot exclude" and "no new" would look like negations. @internal */
export const EARLY_UNCERTAINTY: readonly CueRule[] = [
  {
    status: 'uncertain',
    direction: 'forward',
    gap: 20,
    phrases: cue(
      `${UNABLE} (?:[a-z]+ ){0,3}(?:${EXCLUDE}|ruling out|excluding|be excluded)`,
      `(?:without|nor) (?:[a-z]+ )?(?:excludes?|rules? out|ruling out|excluding)`,
      'no evidence to (?:exclude|rule out)',
      'no (?:\\w+ )?new',
      'without (?:\\w+ )?new',
      `absence of(?= [^,:]* can not be ${CERTAIN})`,
    ),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    gap: 12,
    phrases: cue(
      `(?:${VERB}|${MODAL} |should |must |needs? )*${UNABLE} (?:[a-z]+ ){0,3}${EXCLUDED}`,
      `(?:should|must|needs? to|remains? to|yet to|to) be (?:[a-z]+ )?${EXCLUDED}`,
      `(?:${VERB}|${MODAL} )*not (?:be |been )?(?:\\w+ly )?${CERTAIN}`,
      `(?:${VERB}|(?:can|could) )?not (?:be |been )?(?:clearly|definitely|definitively|well|optimally|adequately|fully) (?:seen|identified|visuali[sz]ed|assessed|evaluated)`,
    ),
  },
];

/** @internal */
export const NEGATION: readonly CueRule[] = [
  {
    status: 'negative',
    direction: 'forward',
    gap: 20,
    phrases: cue(
      `(?:not|no longer) (?:\\w+ly )?${SEEN} (?:is|are|was|were)`,
      'no',
      'without',
      'nor',
      'neither',
      'nil',
      'denies',
      'rather than',
      'instead of',
      '(?:rules?|ruled|ruling|to rule) out',
      'excludes?|excluding',
      'not (?:\\w+ly )?(?:suggestive|indicative|consistent|compatible|suspicious|concerning|worrisome|typical|diagnostic|characteristic|convincing)(?: with| for| of)?',
      '(?:do|does|did) not (?:\\w+ )?(?:show|demonstrate|reveal|have|suggest|represent|see|identify|contain|indicate)',
      'nothing to (?:suggest|indicate)',
      '(?:fails?|failed) to (?:show|demonstrate|reveal|identify)',
    ),
  },
  {
    status: 'negative',
    direction: 'forward',
    gap: 20,
    takesInventory: true,
    phrases: cue(
      'negative for',
      'free (?:of|from)',
      'clear of',
      'devoid of',
      'lack(?:s|ing)?(?: of)?',
      '(?:absence|disappearance|removal|drainage|history|hx) of',
      `${WHOLLY}(?:resolution|clearing) of`,
    ),
  },
  {
    status: 'negative',
    direction: 'forward',
    gap: DENIED,
    phrases: cue('not(?! (?:only|just|merely|simply|necessarily))'),
  },
  {
    status: 'negative',
    direction: 'forward',
    gap: /^(?: (?:left|right|bilateral|previous|prior|small|large|pleural|pulmonary|apical|upper|lower|lobe|focal))* $/,
    phrases: cue(`${WHOLLY}(?:resolved|absent|removed)`),
  },
  {
    status: 'negative',
    direction: 'backward',
    gap: 12,
    phrases: cue(
      `(?:${VERB}|(?:can|could) )?(?<!\\b(?:may|might|should|would) (?:still |also )?)(?:not|no longer|never) (?:be |been )?${ADVERBS}{0,2}${SEEN}`,
      `${VERB}${ADVERBS}?${WHOLLY}(?:${GONE}|ruled out|excluded|negative)`,
      '(?:with|in) (?:interval |complete |near complete )*(?:resolution|removal|clearing)',
      `(?:is|are|was|were|has been|have been) (?:previously|formerly) (?:\\w+ )?(?:demonstrated|visuali[sz]ed|seen|noted|described)(?!.*\\b(?:stable|unchanged|persist\\w*|remain\\w*|still|again|increas\\w*|larger|smaller|decreas\\w*|improv\\w*|worse\\w*)\\b)`,
      `${VERB}no longer(?! (?:normal|unremarkable|clear))`,
      `${VERB}not(?= *(?:$|[,)]))`,
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    gap: PLACE,
    phrases: cue(
      `${WHOLLY}(?:${GONE}|excluded|ruled out)`,
      `(?:not|no longer) (?:\\w+ly )?${SEEN}`,
      `removal|${VERB}?unseen`,
      `(?:no(?: evidence| acute| definite| focal| significant| new)?|none|nil|nothing|negative)(?: (?:were|was|is|are))?(?: (?:${SEEN}|currently|today))*(?= *(?:$|[,)]))`,
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    gap: 12,
    isForAnatomy: true,
    phrases: cue(
      `${VERB}?(?:not|no) ${ADVERBS}{0,2}(?:${SIZED}|(?:larger|bigger|wider|greater) than normal)`,
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    gap: 14,
    isForAnatomy: true,
    phrases: cue(
      `${VERB}{1,2}(?:(?:stable|unchanged|similar) and )?${FILLERS}${NORMAL}`,
      `${ADVERBS}{0,3}(?:upper |top )?(?:limits? (?:of )?)?${NORMAL}`,
      `${VERB}?within limits`,
    ),
  },
  {
    status: 'negative',
    direction: 'backward',
    gap: 14,
    isForAnatomy: true,
    phrases: cue(`(?:shows?|demonstrates?|presents?|displays?) ${FILLERS}normal`),
  },
  {
    status: 'negative',
    direction: 'forward',
    gap: 6,
    isForAnatomy: true,
    phrases: cue(
      NORMAL,
      'non-?enlarged',
      '(?<!\\b(?:not within|above|beyond|outside|exceed(?:s|ing)?) (?:the )?)(?:normal|upper) limits',
    ),
  },
];

/** @internal */
export const UNCERTAINTY: readonly CueRule[] = [
  {
    status: 'uncertain',
    direction: 'forward',
    gap: 12,
    takesInventory: true,
    phrases: cue(
      'differential(?: diagnosis| considerations?)?(?: [a-z]+){0,4} includ(?:es?|ing)|differential(?: diagnosis| considerations?)',
    ),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    gap: 12,
    phrases: cue(
      'possible|possibly|presumably|presumed|probable|probably|questionable|maybe|perhaps|suspect|suspected|equivocal|potential|potentially|doubtful|(?<!\\b(?:no|without) )doubt',
      'suspicious for|suspicion (?:for|of)|concern(?:ing)? (?:for|of)|worrisome for',
      '(?:question|(?<!\\bno )suggestion|possibility|likelihood|probability) of|(?<!\\b(?:no|without) )question|query',
      `${MODAL} (?:\\w+ly |also |well )*${SPEAKS}`,
      `${MODAL} (?:\\w+ly |also )*be (?:due to|secondary to|related to|attributable to|compatible with|consistent with)`,
      '(?:favor|favors|favored|favoring|consider|considered)(?: to)?',
      '(?:correlate|correlation)(?: clinically)? (?:for|with)|clinical correlation for',
      'sign and symptoms? of|symptoms? of',
      '(?:evaluat(?:e|ion)|assess|assessment|screen|detection) for|detecting',
      '(?:limited|limits|for(?: the)?) (?:evaluation|assessment|detection) of',
      'less likely|unlikely|if any',
      'raises? (?:the |a )?(?:possibility|question|concern|suspicion)',
      'versus|vs',
      'borderline',
    ),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    gap: 8,
    phrases: cue(
      `${VERB}${ADVERBS}?${DOUBTED}`,
      `${DOUBTED}(?= *(?:$|,))`,
      `(?:${MODAL}|should|must) (?:\\w+ly |also )*(?:be present|be considered|have this appearance|appear)`,
      `${MODAL} (?:still )?not be ${SEEN}`,
      `(?:${MODAL} be |is |are )?(?:\\w+ly |also |another |an? |other )*(?:considerations?|possibilit(?:y|ies))`,
      `${VERB}(?:poorly|incompletely|suboptimally|not (?:well-?|optimally|fully|adequately)|difficult to) ?(?:evaluated?|visuali[sz]ed?|assess(?:ed)?|seen|defined|delineated|characteri[sz]ed)`,
      `${VERB}?not appreciated`,
      `${VERB}${ADVERBS}?obscured`,
      '\\?|if any(?= *(?:$|,))',
      'in the (?:appropriate|proper|right|correct) clinical (?:setting|context)(?= *(?:$|[,)]))',
    ),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    gap: /^ (?:(?:there|this|it) (?:is|are|represents?|reflects?) )?(?:[a-z-]+ ){0,4}$/,
    phrases: cue('(?:uncertain|unclear|unsure|not (?:clear|certain|sure)) (?:whether|if)'),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    gap: 3,
    phrases: cue('obscur(?:ed|es|ing)(?: the)?'),
  },
  {
    status: 'uncertain',
    direction: 'backward',
    gap: 12,
    isForAnatomy: true,
    yieldsToSize: true,
    phrases: cue(
      `${VERB}?${ADVERBS}{0,2}(?:stable|unchanged|similar|not (?:significantly |substantially )?changed)`,
      `(?:${VERB}|shows? |with )?(?:without|no) (?:significant |interval |appreciable |substantial )*change`,
    ),
  },
  {
    status: 'uncertain',
    direction: 'forward',
    gap: 6,
    isForAnatomy: true,
    yieldsToSize: true,
    phrases: cue(
      'stable|unchanged|similar',
      'no (?:significant |interval |appreciable |substantial )*(?:change|increase|difference) (?:in|of)',
    ),
  },
];
