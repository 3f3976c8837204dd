import { describe, expect, it } from 'vitest';
import { labelReport, type ClinicalFinding, type LabelStatus } from './index.js';
import { splitReport } from './sentences.js';

type Expected = Partial<Record<ClinicalFinding, LabelStatus | undefined>>;

/** A rule, a sentence with a place for a word, what must be read in it, and the words, parted by bars. */
const RULES: readonly [rule: string, sentence: string, expected: Expected, words: string][] = [
  [
    'denies what follows',
    '{} a pneumothorax.',
    { Pneumothorax: 'negative' },
    'No|Without|Nil|Neither|Denies|Atelectasis rather than|Instead of|Rules out|Ruled out|Ruling out|Excludes|Excluding|Negative for|Free of|Free from|Clear of|Devoid of|Lack of|Lacks|Lacking|Absence of|Disappearance of|Drainage of|History of|Hx of|H/o|Resolution of|Clearing of|W/o|Not|Not due to|Not caused by|Not from|Not related to|Not secondary to|Not representing|Not reflecting|Not thought to be|Not felt to be|No longer seen is|Nothing to suggest|Nothing to indicate',
  ],
  [
    'denies what follows "not"',
    'Not {} a pneumothorax.',
    { Pneumothorax: 'negative' },
    'suggestive of|indicative of|consistent with|compatible with|suspicious for|concerning for|worrisome for|typical for|diagnostic of|characteristic of|convincing for',
  ],
  [
    'denies what is not shown',
    'The film does not {} a pneumothorax.',
    { Pneumothorax: 'negative' },
    'show|demonstrate|reveal|have|suggest|represent|identify|contain|indicate',
  ],
  [
    'denies what fails to be shown',
    'The film {} a pneumothorax.',
    { Pneumothorax: 'negative' },
    "fails to show|failed to demonstrate|fails to reveal|failed to identify|didn't show|doesn't show|shows no",
  ],
  [
    'denies what is not there',
    'A pneumothorax is not {}.',
    { Pneumothorax: 'negative' },
    'seen|identified|visualized|visualised|visible|present|evident|demonstrated|noted|detected|apparent|found|observed|recognized|discernible|depicted|shown|there|currently visible|now evident',
  ],
  [
    'denies what is over',
    'The pneumothorax {}.',
    { Pneumothorax: 'negative' },
    'has resolved|has cleared|is absent|was removed|is gone|has disappeared|has vanished|was ruled out|was excluded|is negative|is no longer seen|was never seen|cannot be seen|could not be identified|has not recurred|has not developed|was previously seen|was formerly noted|is no longer|is unseen',
  ],
  [
    'denies without a verb',
    'Pneumothorax{}.',
    { Pneumothorax: 'negative' },
    ' resolved| cleared| absent| removed| gone| disappeared| vanished| excluded| ruled out| not seen| no longer visible| unseen|: no|: none|: nil|: negative|: absent|: nothing|: none seen|: none were seen|: no evidence|: no acute|: no definite|: none today|, none| (none)| - none| – none|—none| = none|? No| on the left resolved| at the right apex resolved| now resolved| since resolved| completely resolved| with complete resolution',
  ],
  [
    'leaves what is not wholly over',
    'The effusion has {} resolved.',
    { 'Pleural Effusion': 'positive' },
    'not|not yet|nearly|almost|partially|incompletely|mostly|largely|never|not completely',
  ],
  [
    'leaves what has not wholly resolved',
    '{} resolution of the effusion.',
    { 'Pleural Effusion': 'positive' },
    'No|Without|Lack of|Partial|Incomplete|Near complete|Some|Slight|Minimal interval',
  ],
  [
    'doubts what cannot be excluded',
    '{} a pneumothorax.',
    { Pneumothorax: 'uncertain' },
    "Cannot exclude|Can't exclude|Cant exclude|Can not exclude|Could not exclude|Unable to exclude|Difficult to exclude|Hard to exclude|Impossible to exclude|Insufficient to exclude|Inadequate to exclude|Fails to exclude|Failed to rule out|Does not rule out|Does not exclude|Not excluding|Not ruling out|Without excluding|Neither confirms nor excludes|No evidence to exclude|No evidence to rule out|No new|No definite new|Without new|Cannot with certainty exclude",
  ],
  [
    'doubts what is not excluded',
    'A pneumothorax {}.',
    { Pneumothorax: 'uncertain' },
    "cannot be excluded|is not excluded|isn't excluded|has not been ruled out|could not be ruled out|can't be entirely excluded|should be excluded|must be ruled out|needs to be excluded|remains to be excluded|is difficult to exclude|is not confirmed|cannot be confirmed|could not be verified|cannot be established|cannot be ascertained|cannot be determined|cannot be assessed|is not clearly seen|is not definitely identified|is not well visualized|could not be optimally seen|is not adequately evaluated|is not fully assessed",
  ],
  [
    'doubts what follows',
    '{} pneumothorax.',
    { Pneumothorax: 'uncertain' },
    'Possible|Possibly|Presumably|Presumed|Probable|Probably|Questionable|Maybe|Perhaps|Suspect|Suspected|Equivocal|Potential|Potentially|Doubtful|Doubt|Suspicious for|Suspicion for|Suspicion of|Concern for|Concerning for|Concern of|Worrisome for|Question of|Suggestion of|Possibility of|Likelihood of|Probability of|Question|Query|?|? |May represent|Might represent|Could reflect|Would indicate|Can include|May suggest|May also be|May be due to|Could be secondary to|May relate to|May correspond to|May account for|Favor|Favors|Favored to be|Favoring|Consider|Considered|Differential includes|Differential diagnosis includes|Differential considerations including|Differential diagnosis|Correlate for|Correlate clinically for|Correlation with|Symptoms of|Sign and symptoms of|Evaluate for|Evaluation for|Assess for|Assessment for|Screen for|Limited evaluation of|Limits assessment of|For detection of|Detecting|Less likely|Unlikely|Small, if any,|Raises the possibility of|Raise concern for|Raises the question of|Raises a suspicion of|Edema versus|Edema vs|Edema vs.|Borderline|Uncertain whether there is a|Unclear if this represents|Not certain whether there is|Not sure if there is',
  ],
  [
    'doubts what came before',
    'Pneumothorax{}.',
    { Pneumothorax: 'uncertain' },
    '?| (?)| is possible| is probable| is questionable| is suspected| is favored| is considered| is unlikely| is less likely| is equivocal| is indeterminate| is uncertain| is doubtful|: possible|: unlikely|, possible|, questioned| may be present| could be present| should be considered| must be considered| may have this appearance| may appear| may not be visible| might still not be seen| is a consideration| is another possibility| is poorly evaluated| is incompletely assessed| is suboptimally seen| is difficult to assess| was not appreciated| is obscured| is partly obscured|, if any| in the appropriate clinical setting| in the right clinical context',
  ],
  [
    'ends what "no" denies',
    'No edema {} pneumothorax.',
    { Edema: 'negative', Pneumothorax: 'positive' },
    'but|however|although|though|nevertheless|nonetheless|yet|except|save for|aside from|apart from|other than|besides|despite|notwithstanding|while|whereas|whilst|because of|since|instead|rather|only|with|after|following|to explain the|to account for|explaining the|given|in the setting of|status post|s/p|post|:|(|–|—|--|-|;|.|!|, which explains the|, where there is',
  ],
  [
    'ends what is denied from behind',
    'Pneumothorax {} edema is not seen.',
    { Edema: 'negative', Pneumothorax: 'positive' },
    'but|however|although|though|yet|while|whereas|is unchanged and|has increased and|, stable, and|unchanged,|(|:|;|-',
  ],
  [
    'begins a statement of its own',
    'No edema, {} pneumothorax.',
    { Edema: 'negative', Pneumothorax: 'positive' },
    'the|a|an|some|this|these|multiple|several|mild|mildly loculated|moderate|moderately large|marked|markedly large|severe|minimal|minimally sized|subtle|trace|tiny|slight|slightly larger|small|large|extensive|faint|stable|unchanged|persistent|increased|increasing|decreased|decreasing|again|interval|improved|improving|worsened|worsening|resolving|residual|recurrent|known|new|newly seen|developing|also|just|bilateral|bibasilar|biapical|left|right|basilar|retrocardiac|perihilar|scattered|loculated|old|chronic|otherwise',
  ],
  [
    'begins a statement of doubt',
    'No edema, {} pneumothorax.',
    { Edema: 'negative', Pneumothorax: 'uncertain' },
    'possible|possibly|probable|probably|suspected|questionable|presumed|presumably|favor|favors|favoring|may be',
  ],
  [
    'begins another kind of statement',
    'No edema, {} opacity.',
    { Edema: 'negative', 'Lung Opacity': 'positive' },
    'hazy|patchy|linear|streaky|suggesting|suggestive of|representing|reflecting|consistent with|compatible with|low volumes with|healed|calcified|prominent|degenerative|postoperative|likely',
  ],
  [
    'is no statement of its own in a list',
    'No edema, {}pneumothorax, or effusion.',
    { Edema: 'negative', Pneumothorax: 'negative', 'Pleural Effusion': 'negative' },
    '|large |small |tiny |left |focal |or |and |sizable |right or left |new ',
  ],
  [
    'is the predicate of a list',
    'No edema, pneumothorax is {}.',
    { Edema: 'negative', Pneumothorax: 'negative' },
    'seen|identified|visualized|visible|present|evident|demonstrated|noted|detected|apparent|found|observed|appreciated',
  ],
  [
    'is a predicate of its own',
    'No edema, pneumothorax {}.',
    { Edema: 'negative', Pneumothorax: 'positive' },
    'unchanged|stable|improved|increased|decreased|worse|larger|smaller|persistent|persists|remains|continues|is larger|was unchanged|has increased|appears unchanged|is again seen|is still present|is also noted|extends to the base',
  ],
  [
    'says where a device is',
    'No edema, catheter {}.',
    { Edema: 'negative', 'Support Devices': 'positive' },
    'in place|in situ|in position|in good position|in satisfactory position|in standard position|in stable position|tip in the atrium|terminates in the atrium|terminating low|ends low|projects low|projecting low|overlies the base|overlying the base|extending low|courses low',
  ],
  [
    'is change, not absence',
    'No {} in the effusion.',
    { 'Pleural Effusion': 'positive' },
    'change|changes|increase|decrease|progression|regression|improvement|worsening|difference|resolution|clearing|resorption|reduction|deterioration|significant change|interval change|appreciable change|definite change|substantial change|further change|obvious change|other change|major change|measurable change|visible change|discernible change|convincing change|evidence of change|sign of change|edema or change|growth|enlargement|expansion|edema or enlargement',
  ],
  [
    'is growth',
    'No {} of the mass.',
    { 'Lung Lesion': 'positive' },
    'enlargement|growth|expansion|widening|interval enlargement',
  ],
  [
    'is growth of a part of the body',
    'No {} of the heart.',
    { Cardiomegaly: 'negative' },
    'enlargement|expansion|evidence of enlargement',
  ],
  [
    'is a word for being there',
    'No {} of the effusion.',
    { 'Pleural Effusion': 'negative' },
    'evidence|sign|signs|suggestion|indication|trace|residual|residua|remnant|recurrence|reaccumulation|reappearance|presence|development|finding|features|focus|foci|area|areas|definite evidence|XXXX|___',
  ],
  [
    'takes what follows for granted',
    'No cavity {} the mass.',
    { 'Lung Lesion': 'positive' },
    'in|within|of|around|about|near|from|to|on|along|by|beside|surrounding|underlying|overlying|beneath|behind|beyond|at',
  ],
  [
    'takes a device for granted',
    'No kink {} catheter.',
    { 'Support Devices': 'positive' },
    'in|within|of|around|near|from|to|on|along|by|at|related to|secondary to|due to|during',
  ],
  [
    'is normal',
    'The heart {}.',
    { Cardiomegaly: 'negative' },
    'is normal|is unremarkable|is within normal limits|is within limits|appears normal|remains unremarkable|is not enlarged|is not widened|is not dilated|is not prominent|is not increased|is not abnormal|is no larger than normal|is not wider than normal|is normal in size|shows a normal outline|normal|is stable and normal|is at the upper limits of normal|is top normal',
  ],
  [
    'is more than normal',
    'The heart is {} normal.',
    { Cardiomegaly: 'positive' },
    'larger than|bigger than|above|beyond|above the upper limits of|outside|not|no longer|not quite|not completely',
  ],
  [
    'doubts a part of the body that did not change',
    'The heart {}.',
    { Cardiomegaly: 'uncertain' },
    'is stable|is unchanged|remains unchanged|is similar|is not changed|is not significantly changed|is without change|shows no interval change|is unchanged in size',
  ],
  [
    'doubts a part of the body before it',
    '{} heart size.',
    { Cardiomegaly: 'uncertain' },
    'Stable|Unchanged|Similar|No change in|No interval increase in|No significant difference in|Borderline',
  ],
  [
    'places something by the heart',
    'A catheter {} the heart.',
    { Cardiomegaly: undefined, 'Support Devices': 'positive' },
    'leads to|projects over|in the region of|lies behind|lies by|rests on|is in|is near|with|overlying|that overlies|within|above|below|beneath|from|along|at|through|over the left|over the right|over the upper|over the anterior',
  ],
  [
    'names the size of the heart',
    '{} is normal.',
    { Cardiomegaly: 'negative' },
    'The heart|Heart size|Cardiac size|The cardiac shadow|The cardiac contour|The cardiac silhouette',
  ],
  [
    'names the mediastinum',
    '{} normal.',
    { 'Enlarged Cardiomediastinum': 'negative' },
    'The mediastinum is|The cardiomediastinum is|The mediastinal configuration is|The mediastinal silhouette is|The cardiomediastinal silhouette is|The pericardial silhouette is|The cardiopericardial silhouette is|Contours are|The contour is|The cardiac silhouette and vascularity are',
  ],
  [
    'keeps a finding from the alternatives behind it',
    'Atelectasis, {} effusion or edema.',
    { Atelectasis: 'positive', 'Pleural Effusion': 'uncertain', Edema: 'uncertain' },
    'and|with|but also|is, with|may be|might be|could be|can be|likely|consistent with|suggests|represents|reflects',
  ],
  [
    'gives no alternative',
    'Effusion or {}.',
    { 'Pleural Effusion': 'positive' },
    'left|right|both|more|less|so',
  ],
  [
    'gives an alternative that is no finding',
    'Effusion {} hemothorax.',
    { 'Pleural Effusion': 'uncertain' },
    'or|versus|vs|vs.|and/or',
  ],
];

describe.each(RULES)('a word that %s: %s', (_, sentence, expected, words) => {
  it.each(words.split('|'))('%s', (word) => {
    const { labels } = labelReport(sentence.replace('{}', word));
    const found = Object.fromEntries(
      Object.keys(expected).map((finding) => [finding, labels[finding as ClinicalFinding]]),
    );
    expect(found).toEqual(expected);
  });
});

describe('a cue reaches over so many words and no more', () => {
  it.each<[string, number, ClinicalFinding, LabelStatus, LabelStatus | undefined]>([
    ['No {}pneumothorax.', 20, 'Pneumothorax', 'negative', 'positive'],
    ['Negative for {}pneumothorax.', 20, 'Pneumothorax', 'negative', 'positive'],
    ['Cannot exclude {}pneumothorax.', 20, 'Pneumothorax', 'uncertain', 'positive'],
    ['Possible {}pneumothorax.', 12, 'Pneumothorax', 'uncertain', 'positive'],
    ['Differential includes {}pneumothorax.', 12, 'Pneumothorax', 'uncertain', 'positive'],
    ['Obscuring {}pneumothorax.', 3, 'Pneumothorax', 'uncertain', 'positive'],
    ['Pneumothorax {}is not seen.', 12, 'Pneumothorax', 'negative', 'positive'],
    ['Pneumothorax {}cannot be excluded.', 12, 'Pneumothorax', 'uncertain', 'positive'],
    ['Pneumothorax {}is suspected.', 8, 'Pneumothorax', 'uncertain', 'positive'],
    ['The heart {}is not enlarged.', 12, 'Cardiomegaly', 'negative', 'positive'],
    ['The heart {}is normal.', 14, 'Cardiomegaly', 'negative', 'positive'],
    ['The heart {}shows a normal outline.', 14, 'Cardiomegaly', 'negative', 'positive'],
    ['The heart {}is unchanged.', 12, 'Cardiomegaly', 'uncertain', 'positive'],
    ['Normal {}heart size.', 6, 'Cardiomegaly', 'negative', 'positive'],
    ['Stable {}heart size.', 6, 'Cardiomegaly', 'uncertain', 'positive'],
  ])('%s: %i words', (sentence, most, finding, within, beyond) => {
    const label = (count: number) =>
      labelReport(sentence.replace('{}', 'dense '.repeat(count))).labels[finding];
    expect(label(most)).toBe(within);
    expect(label(most + 1)).toBe(beyond);
  });
});

describe('a line end', () => {
  it.each(
    'and|or|nor|of|for|in|on|at|to|with|without|from|by|over|under|behind|near|after|following|than|versus|vs|no|not|the|a|an|is|are|was|were|be|been|has|have|may|might|could|can|focal|acute|definite|significant|pleural|pulmonary|interval|possible|probable|likely|stable|unchanged|persistent|new|old|mild|mildly|moderate|moderately|small|large|tiny|trace|minimal|severe|bilateral|bibasilar|left|right|upper|lower|,|-'.split(
      '|',
    ),
  )('behind "%s" wraps a statement', (word) => {
    expect(splitReport(`No edema ${word}\nEffusion`)).toHaveLength(1);
  });

  it.each(
    'normal|clear|unremarkable|intact|stable|unchanged|enlarged|seen|identified|visualized|present|evident|noted|resolved|removed|cleared|on the left|on the right|bilaterally|edema'.split(
      '|',
    ),
  )('behind "%s" ends a statement in capitals before a finding', (word) => {
    expect(splitReport(`LUNGS ${word.toUpperCase()}\nEFFUSION`)).toHaveLength(2);
  });

  it('before words that cannot begin a statement wraps one', () => {
    expect(splitReport('NO EDEMA\nAND NO EFFUSION')).toHaveLength(1);
    expect(splitReport('THE EDEMA\nIS LARGER THAN THE EFFUSION')).toHaveLength(1);
  });

  it.each('BASE|IN THE CHEST|CHEST IS'.split('|'))('behind "%s" does not', (words) => {
    expect(splitReport(`NO ${words}\nEFFUSION`)).toHaveLength(1);
  });
});
