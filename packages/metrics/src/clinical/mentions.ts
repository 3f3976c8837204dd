import { CLINICAL_FINDINGS, type ClinicalFinding } from './findings.js';
import { MENTION_PHRASES, UNMENTION_PHRASES } from './phrases.js';

/** A phrase of a finding in a sentence. @internal */
export interface Mention {
  readonly finding: ClinicalFinding;
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
}

/** Words that hold a phrase of the lists but mean something else. */
const OUR_UNMENTIONS: Readonly<Partial<Record<ClinicalFinding, readonly string[]>>> = {
  'Enlarged Cardiomediastinum': ['contour deformity', 'contour irregularity'],
  'Support Devices': ['plate-like', 'pleural line', 'fracture line', 'paraspinal line', 'paratracheal line'],
};

/** Greek and other first halves of compound words, such as hydropneumothorax and bronchopneumonia. */
const FIRST_HALVES = '(?<![a-z])(?:broncho|hydro|h(?:a)?emo|pyo|micro)?';
const INFLECTIONS = "(?:'?s|es|d|ed|ing)?(?![a-z])";

function pattern(phrase: string): string {
  const isStem = phrase.endsWith('*');
  const words = phrase.replace('*', '').replace(/[-\s]+/g, '[-\\s]+');
  const singularOrPlural = words.endsWith('y')
    ? `${words.slice(0, -1)}(?:y|ies)(?![a-z])`
    : words + INFLECTIONS;
  return isStem ? `${words}[a-z]*` : singularOrPlural;
}

/** Longer phrases first, so that a phrase is found whole. */
function compile(phrases: readonly string[]): RegExp {
  const sorted = [...phrases].sort((a, b) => b.length - a.length);
  return new RegExp(`${FIRST_HALVES}(?:${sorted.map(pattern).join('|')})`, 'g');
}

const MENTIONS = CLINICAL_FINDINGS.map((finding) => ({
  finding,
  mention: compile(MENTION_PHRASES[finding]),
  unmention: compile([...(UNMENTION_PHRASES[finding] ?? []), ...(OUR_UNMENTIONS[finding] ?? ['\u0000'])]),
}));

const spans = (sentence: string, expression: RegExp) =>
  Array.from(sentence.matchAll(expression), ({ index, 0: phrase }) => ({
    start: index,
    end: index + phrase.length,
    phrase,
  }));

/** The mentions in a sentence of {@link splitReport}, in order. @internal */
export function findMentions(sentence: string): Mention[] {
  return MENTIONS.flatMap(({ finding, mention, unmention }) => {
    const found = spans(sentence, mention);
    if (found.length === 0) return [];
    const refused = spans(sentence, unmention);
    return found
      .filter(({ start, end }) => !refused.some((other) => start < other.end && other.start < end))
      .map((span) => ({ finding, ...span }));
  }).sort((a, b) => a.start - b.start);
}
