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
const ALPHANUMERIC = '[\\p{L}\\p{M}\\p{Nd}]';
const APOSTROPHE = "(?:['\\u2019]|&apos;)";
const DOUBLE_QUOTE = '(?:"|&quot;)';
const NOT_IN_WORD = '(?![A-Za-z])';
/** A capital, two blanks, or the end of the line. */
const SENTENCE_END = '(?=[ \\u00a0]*\\n|[ \\u00a0][A-Z]|[ \\u00a0]{2}|$)';
/** A letter and an apostrophe before a name: O'Neil, d'accord. */
const NAME_PREFIX = `(?:[dDoOlL]${APOSTROPHE}(?=${LETTER}{2}))?`;
const ACRONYM = '[A-Za-z](?:\\.[A-Za-z])*\\.';

/** How far a rule looks for a mark that may not come; without a bound a long text without blanks takes the square of its length. */
const MOST_LOOKED = 255;

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
  rule(`[A-Za-z0-9_.+-]{1,${MOST_LOOKED}}@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+`),
];

const COMPOUNDS: readonly PtbRule[] = [
  // A dot before another mark ends no sentence: it belongs to the word.
  rule(`(${ALPHANUMERIC}+(?:[.!?]${ALPHANUMERIC}+)*\\.)[,;:]`),
  rule(`${NAME_PREFIX}${ALPHANUMERIC}+(?:[-_]${NAME_PREFIX}${ALPHANUMERIC}+)*`),
  rule(`[A-Za-z0-9][A-Za-z0-9.,]{0,${MOST_LOOKED}}(?:-(?:[A-Za-z0-9]+|${ACRONYM}))+`),
  rule('[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}'),
];

const FROM_LETTER: readonly PtbRule[] = [
  rule(`(${ENDING_ABBREVIATIONS}\\.)${SENTENCE_END}`, withoutDot),
  rule(`([A-Za-z](?:\\.[A-Za-z])+\\.)(?=[ ]+${SENTENCE_STARTS}${NOT_IN_WORD})`, withoutDot),
  rule(`${ENDING_ABBREVIATIONS}\\.`),
  rule(`${LEADING_ABBREVIATIONS}\\.`),
  rule(`(${NUMBER_ABBREVIATIONS}\\.)[ \\u00a0]?[0-9]`),
  rule(ACRONYM),
  rule(`(${ALPHANUMERIC}+?)[nN]${APOSTROPHE}[tT]${NOT_IN_WORD}`),
  rule(`[nN]${APOSTROPHE}[tT]${NOT_IN_WORD}`, { emit: straight }),
  rule(`[yY]${APOSTROPHE}(?=[A-Za-z])`),
  rule(`${oneOf([...DOUBLE_WORDS.keys()].join(' '))}${NOT_IN_WORD}`, { emit: twoWords }),
  rule(`${LETTER}${ALPHANUMERIC}*(?:[.!?]${LETTER}${ALPHANUMERIC}*)*`),
  rule('[A-Z]+(?:(?:&amp;|[&+])[A-Z]+)+', { emit: (taken) => [taken.replaceAll('&amp;', '&')] }),
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

const ENTITIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['&amp;', ['&']],
  ['&lt;', ['<']],
  ['&gt;', ['>']],
  ['&nbsp;', []],
]);

const FROM_OTHER: readonly PtbRule[] = [
  NUMBER,
  rule(`&${oneOf('amp lt gt nbsp')};`, { emit: (taken) => ENTITIES.get(taken.toLowerCase())! }),
  rule('&#[0-9]+;'),
  rule("([<>]?[:;=][-o*']?[()DPdpO\\\\{@|\\[\\]])[^A-Za-z0-9]", { emit: withoutBrackets }),
  rule(
    '</?[A-Za-z][A-Za-z0-9_:.-]*(?:[ ]+[A-Za-z][A-Za-z0-9_:.-]*(?:[ ]*=[ ]*(?:\'[^\'\\n]*\'|"[^"\\n]*"|[A-Za-z0-9_:.-]+))?)*[ ]*/?>',
    {
      emit: (taken) => [taken.replaceAll(' ', '\u00a0')],
    },
  ),
  rule(`(${APOSTROPHE}${oneOf('s d m')})[^A-Za-z]?`, { emit: straight }),
  rule(`(${APOSTROPHE}${oneOf('re ve ll')})[^A-Za-z]`, { emit: straight }),
  rule(`(?:\\u2019|&apos;)${oneOf('re ve ll')}`, { emit: straight }),
  rule(`'${oneOf('tis twas')}${NOT_IN_WORD}`, {
    emit: (taken) => [taken.slice(0, 2), taken.slice(2)],
  }),
  rule(`${APOSTROPHE}[nN]${APOSTROPHE}?`),
  rule(`${APOSTROPHE}${oneOf('em till? cause')}${NOT_IN_WORD}`, { emit: straight }),
  rule(`${APOSTROPHE}[2-9]0s${NOT_IN_WORD}`),
  rule(`(${APOSTROPHE}[0-9]{2})[ \\u00a0\\n]`),
  rule("''", as("''")),
  rule('``', as('``')),
  rule("(')[A-Za-z][^ \\u00a0\\n]", as('`')),
  rule(APOSTROPHE, as("'")),
  rule(`(${DOUBLE_QUOTE})[A-Za-z0-9$]`, as('``')),
  rule(DOUBLE_QUOTE, as("''")),
  rule('[`\\u2018\\u2019\\u201b\\u2039\\u203a\\u201c\\u201d\\u00ab\\u00bb]{1,2}', { emit: treebankQuotes }),
  rule('\\(', as('-LRB-')),
  rule('\\)', as('-RRB-')),
  rule('\\[', as('-LSB-')),
  rule('\\]', as('-RSB-')),
  rule('\\{', as('-LCB-')),
  rule('\\}', as('-RCB-')),
  rule('\\.{3,5}|(?:\\.[ \\u00a0]){2,4}\\.|\\u2026', as('...')),
  rule('[!?]+'),
  rule('-{2,4}|[\\u2013\\u2014\\u2015]', as('--')),
  rule('-{5,}|#{2,}|@{2,}'),
  rule('#[A-Za-z]+|@[A-Za-z_][A-Za-z0-9_]*'),
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
  return [taken.replace(/\u2019|&apos;/g, "'")];
}

/** Curly quotes as the treebank writes them: `, ``, ' or ''. */
function treebankQuotes(taken: string): readonly string[] {
  const marks = taken
    .replace(/[\u2018\u201b\u2039]/g, '`')
    .replace(/[\u2019\u203a]/g, "'")
    .replace(/[\u201c\u00ab]/g, '``')
    .replace(/[\u201d\u00bb]/g, "''");
  return [marks];
}

/** A smiley; its bracket is written as brackets are. */
function withoutBrackets(taken: string): readonly string[] {
  return [taken.replace('(', '-LRB-').replace(')', '-RRB-')];
}

const IS_LETTER = /[\p{L}\p{M}]/u;

/** The rules that a token can follow that begins with this character. */
export function rulesFor(character: string): readonly PtbRule[] {
  if (character >= '0' && character <= '9') return FROM_DIGIT;
  return IS_LETTER.test(character) ? FROM_LETTER : FROM_OTHER;
}
