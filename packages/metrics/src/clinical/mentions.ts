import { CLINICAL_FINDINGS, type ClinicalFinding } from './findings.js';
import { MENTION_PHRASES, UNMENTION_PHRASES } from './phrases.js';

/** A phrase of a finding in a sentence. @internal */
export interface Mention {
  readonly finding: ClinicalFinding;
  readonly start: number;
  readonly end: number;
  readonly phrase: string;
}

/** Phrases of ours: British spellings and a plural, which the lists leave out. */
const OUR_MENTIONS: Readonly<Partial<Record<ClinicalFinding, readonly string[]>>> = {
  'Lung Lesion': ['tumour'],
  Edema: ['oedema'],
  'No Finding': ['haemorrhage', 'haematoma', 'metastases'],
};

/** Words that hold a phrase of the lists but mean something else. */
const OUR_UNMENTIONS: Readonly<Partial<Record<ClinicalFinding, readonly string[]>>> = {
  'Enlarged Cardiomediastinum': ['contour deformity', 'contour irregularity'],
  'Lung Opacity': ['scarce*'],
  'Lung Lesion': ['body mass'],
  'Support Devices': [
    'plate-like',
    'end-plate',
    'growth plate',
    'pleural line',
    'fracture line',
    'paraspinal line',
    'paratracheal line',
    'midclavicular line',
    'axillary line',
    'septal line',
    'kerley b line',
    'in line with',
    'first-line',
    'findings support',
  ],
};

/** First halves of compound words, such as hydropneumothorax, bronchopneumonia and cardiomediastinal. */
const FIRST_HALF = /^(?:broncho|hydro|haemo|hemo|pyo|micro|cardio|adeno|pleuro|super)(?=[a-z])/;
const INFLECTIONS = "(?:'?s|es|d|ed|ing)?(?![a-z])";
/** Letters of a word by which phrases are looked up. */
const KEY_LENGTH = 2;

function pattern(phrase: string): string {
  const isStem = phrase.endsWith('*');
  const words = phrase.replace('*', '').replace(/[-\s]+/g, '[-\\s]+');
  if (isStem) return `${words}[a-z]*`;
  return words.endsWith('y') ? `${words.slice(0, -1)}(?:y|ies)(?![a-z])` : words + INFLECTIONS;
}

/** Finds one of several phrases at a place; longer ones first, so that a phrase is found whole. */
function compile(phrases: readonly string[]): RegExp {
  const sorted = [...phrases].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.map(pattern).join('|'), 'y');
}

function groupByKey(phrases: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const phrase of phrases) {
    const key = phrase.slice(0, KEY_LENGTH);
    groups.set(key, [...(groups.get(key) ?? []), phrase]);
  }
  return groups;
}

interface Entry {
  readonly finding: ClinicalFinding;
  readonly expression: RegExp;
}

/** Phrases of all findings by their first letters. */
function buildIndex(phrasesOf: (finding: ClinicalFinding) => readonly string[]): Map<string, Entry[]> {
  const index = new Map<string, Entry[]>();
  for (const finding of CLINICAL_FINDINGS)
    for (const [key, phrases] of groupByKey(phrasesOf(finding)))
      index.set(key, [...(index.get(key) ?? []), { finding, expression: compile(phrases) }]);
  return index;
}

const MENTIONS = buildIndex((finding) => [...MENTION_PHRASES[finding], ...(OUR_MENTIONS[finding] ?? [])]);
const UNMENTIONS = buildIndex((finding) => [
  ...(UNMENTION_PHRASES[finding] ?? []),
  ...(OUR_UNMENTIONS[finding] ?? []),
]);

/** Phrases of an index at the beginnings of words, in order; those of one finding do not overlap. */
function find(sentence: string, index: ReadonlyMap<string, readonly Entry[]>): Mention[] {
  const found: Mention[] = [];
  const ends = new Map<ClinicalFinding, number>();
  for (const { index: start, 0: word } of sentence.matchAll(/[a-z]+/g)) {
    const half = FIRST_HALF.exec(word)?.[0].length ?? 0;
    for (const offset of half > 0 ? [0, half] : [0])
      for (const { finding, expression } of index.get(word.slice(offset, offset + KEY_LENGTH)) ?? []) {
        if (start < (ends.get(finding) ?? 0)) continue;
        expression.lastIndex = start + offset;
        if (!expression.test(sentence)) continue;
        const end = expression.lastIndex;
        ends.set(finding, end);
        found.push({ finding, start, end, phrase: sentence.slice(start, end) });
      }
  }
  return found;
}

/** The mentions in a sentence of {@link splitReport}, in order. @internal */
export function findMentions(sentence: string): Mention[] {
  const found = find(sentence, MENTIONS);
  if (found.length === 0) return found;
  const refused = find(sentence, UNMENTIONS);
  if (refused.length === 0) return found;
  return found.filter(
    ({ finding, start, end }) =>
      !refused.some((other) => other.finding === finding && start < other.end && other.start < end),
  );
}
