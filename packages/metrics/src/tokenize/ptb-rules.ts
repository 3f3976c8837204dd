import {
  DOUBLE_WORDS,
  ENDING_ABBREVIATIONS,
  LEADING_ABBREVIATIONS,
  NUMBER_ABBREVIATIONS,
  SENTENCE_STARTS,
  oneOf,
} from './ptb-words.js';

/**
 * One kind of token. Of all rules that match at a place the one that sees farthest wins, the earlier of equals; what a rule only looks
 * at counts too.
 */
export interface PtbRule {
  /** Sticky. Group 1, if there is one, is what the token takes; the rest is what it only looks at. */
  readonly pattern: RegExp;
  /** The tokens for what was taken; itself where absent. */
  readonly emit?: ((taken: string) => readonly string[]) | undefined;
  /** How much of the text is used up, where that is not what was taken. */
  readonly consume?: ((taken: string) => number) | undefined;
}

const LETTER = '[\\p{L}\\p{M}]';
const ALPHANUMERIC = '[\\p{L}\\p{M}\\p{Nd}_]';
const APOSTROPHE = "['\\u2019]";
const NOT_IN_WORD = '(?![A-Za-z])';
/** A capital, or the end of the line. */
const SENTENCE_END = '(?=[ \\u00a0]*\\n|[ \\u00a0]+[A-Z]|$)';
/** A letter and an apostrophe before a name: O'Neil, d'accord. */
const NAME_PREFIX = `(?:[dDoOlL]${APOSTROPHE}(?=${LETTER}{2}))?`;
const ACRONYM = '[A-Za-z](?:\\.[A-Za-z])*\\.';

const rule = (source: string, rest: Omit<PtbRule, 'pattern'> = {}): PtbRule => ({
  // Patterns without Unicode classes compile and run faster without the flag.
  pattern: new RegExp(source, source.includes('\\p{') ? 'yu' : 'y'),
  ...rest,
});

const withoutDot = { consume: (taken: string) => taken.length - 1 };

function twoWords(taken: string): readonly string[] {
  const first = DOUBLE_WORDS.get(taken.toLowerCase())!;
  return [taken.slice(0, first), taken.slice(first)];
}

const WEB: readonly PtbRule[] = [
  rule('https?://[^ \\t\\n"<>|()]+[^ \\t\\n"<>|.!?(){},-]'),
  rule('(?:[A-Za-z0-9_-]+\\.)+(?:com|net|org|edu|gov)(?:/[^ \\t\\n"<>|.!?(){},]*)?(?![A-Za-z0-9.])'),
  rule('[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+'),
];

const COMPOUNDS: readonly PtbRule[] = [
  rule(`${NAME_PREFIX}${ALPHANUMERIC}+(?:-${NAME_PREFIX}${ALPHANUMERIC}+)*`),
  rule(`[A-Za-z0-9][A-Za-z0-9.,]*(?:-(?:[A-Za-z0-9]+|${ACRONYM}))+`),
  rule('[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}'),
];

const FROM_LETTER: readonly PtbRule[] = [
  rule(`(${ENDING_ABBREVIATIONS}\\.)${SENTENCE_END}`, withoutDot),
  rule(`([A-Za-z](?:\\.[A-Za-z])+\\.)(?=[ ]+${SENTENCE_STARTS}${NOT_IN_WORD})`, withoutDot),
  rule(`${ENDING_ABBREVIATIONS}\\.`),
  rule(`${LEADING_ABBREVIATIONS}\\.`),
  rule(`(${NUMBER_ABBREVIATIONS}\\.)[ ]?[0-9]`),
  rule(ACRONYM),
  rule(`(${ALPHANUMERIC}+?)[nN]${APOSTROPHE}[tT]${NOT_IN_WORD}`),
  rule(`[nN]${APOSTROPHE}[tT]${NOT_IN_WORD}`, { emit: straight }),
  rule(`[yY]${APOSTROPHE}(?=[A-Za-z])`, { emit: straight }),
  rule(`${oneOf([...DOUBLE_WORDS.keys()].join(' '))}${NOT_IN_WORD}`, { emit: twoWords }),
  rule(`${LETTER}${ALPHANUMERIC}*(?:[.!?]${LETTER}${ALPHANUMERIC}*)*`),
  rule('[A-Z]+(?:[&+][A-Z]+)+'),
  ...COMPOUNDS,
  ...WEB,
];

const NUMBER = rule('[-+]?(?:[0-9]*(?:[.:,][0-9]+)+|[0-9]+)');

const FROM_DIGIT: readonly PtbRule[] = [
  NUMBER,
  rule('[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}'),
  rule('(?:[0-9]{1,4}[- \\u00a0])?[0-9]{1,4}[/\\u2044][0-9]{1,4}', {
    emit: (taken) => [taken.replace(' ', '\u00a0').replace('\u2044', '/')],
  }),
  ...COMPOUNDS,
  ...WEB,
];

const as = (...tokens: readonly string[]) => ({ emit: () => tokens });

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
]);

const FROM_OTHER: readonly PtbRule[] = [
  NUMBER,
  rule('&(?:amp|lt|gt|quot|apos);', { emit: (taken) => [ENTITIES.get(taken)!] }),
  rule(
    '</?[A-Za-z][A-Za-z0-9_:.-]*(?:[ ]+[A-Za-z][A-Za-z0-9_:.-]*(?:[ ]*=[ ]*(?:\'[^\'\\n]*\'|"[^"\\n]*"|[A-Za-z0-9_:.-]+))?)*[ ]*/?>',
    {
      emit: (taken) => [taken.replaceAll(' ', '\u00a0')],
    },
  ),
  rule(`${APOSTROPHE}${oneOf('s d m')}${NOT_IN_WORD}`, { emit: straight }),
  rule(`(${APOSTROPHE}${oneOf('re ve ll')})[^A-Za-z]`, { emit: straight }),
  rule(`${APOSTROPHE}${oneOf('tis twas')}${NOT_IN_WORD}`, {
    emit: (taken) => ["'" + taken[1]!, taken.slice(2)],
  }),
  rule(`${APOSTROPHE}[nN]${APOSTROPHE}?${NOT_IN_WORD}`, { emit: straight }),
  rule(`${APOSTROPHE}${oneOf('em till? cause')}${NOT_IN_WORD}`, { emit: straight }),
  rule(`${APOSTROPHE}[2-9]0s${NOT_IN_WORD}`, { emit: straight }),
  rule("''", as("''")),
  rule('``', as('``')),
  rule(`(${APOSTROPHE})[A-Za-z]`, as('`')),
  rule(APOSTROPHE, as("'")),
  rule('(")[A-Za-z0-9$]', as('``')),
  rule('["\\u201d\\u00bb]', as("''")),
  rule('[\\u201c\\u00ab]', as('``')),
  rule('[`\\u2018\\u201b\\u2039]', as('`')),
  rule('\\u203a', as("'")),
  rule('\\(', as('-LRB-')),
  rule('\\)', as('-RRB-')),
  rule('\\[', as('-LSB-')),
  rule('\\]', as('-RSB-')),
  rule('\\{', as('-LCB-')),
  rule('\\}', as('-RCB-')),
  rule('\\.{3,}|\\.[ ]\\.[ ]\\.|\\u2026', as('...')),
  rule('[!?]+'),
  rule('-{2,}|[\\u2013\\u2014\\u2015]', as('--')),
  rule('[#@][A-Za-z_][A-Za-z0-9_]*'),
  rule('_+|\\*{2,}'),
  rule('[\\u00a3]', as('#')),
  rule('[\\u20ac\\u00a4]', as('$')),
  rule('\\u00bd', as('1/2')),
  rule('\\u00bc', as('1/4')),
  rule('\\u00be', as('3/4')),
  rule('\\u2153', as('1/3')),
  rule('\\u2154', as('2/3')),
];

function straight(taken: string): readonly string[] {
  return [taken.replaceAll('\u2019', "'")];
}

const IS_LETTER = /[\p{L}\p{M}]/u;

/** The rules that a token can follow that begins with this character. */
export function rulesFor(character: string): readonly PtbRule[] {
  if (character >= '0' && character <= '9') return FROM_DIGIT;
  return IS_LETTER.test(character) ? FROM_LETTER : FROM_OTHER;
}
