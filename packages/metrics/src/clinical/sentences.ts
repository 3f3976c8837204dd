import { startsOwnLine } from './lines.js';
import { withoutAskedSections } from './sections.js';
import { writeOut } from './shorthand.js';

/** Words that end with a full stop inside a sentence. */
const ABBREVIATIONS = /\b(?:dr|mr|mrs|ms|vs|approx|st|rt|lt|bilat|fig|cf|e\.g|i\.e)\.$/i;
const TIMES = /\b[ap]\.m\.$/i;
const LIST_MARK = /(?:\(?\d{1,2}[.)]|[-*+\u2022\u2013\u2014\u00b7\u25aa\u25cf\u25e6])/;
const LEADING_MARK = new RegExp(`^\\s*${LIST_MARK.source}\\s+`);
const BLOCK_END = new RegExp(
  `\\n\\s*\\n|\\n(?=\\s*${LIST_MARK.source}\\s)|\\s(?=\\(?\\d{1,2}\\)\\s+[A-Za-z])|;`,
);

/** Full stops before white space, and those before a letter where the blank is missing: "effusion.No pneumothorax", not "e.g." or "1.5". */
const FULL_STOP = /(?<![.!?])[.!?]+["')\]]*(?=\s|$)|(?<=[A-Za-z]{2}\s?|\d|[)\]])[.!?]+(?=[A-Za-z])/g;

/** One kind of line end, blank, apostrophe and hyphen; dashes stand alone; a question mark before a word is a doubt. */
function unify(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\r\n?|[\v\f\u0085\u2028\u2029]/g, '\n')
    .replace(/[\u00ad\u200b-\u200d\ufeff]/g, '')
    .replace(/[\u2018\u2019\u02bc\u2032\u0060\u00b4]/g, "'")
    .replace(/[\u201c\u201d"]/g, ' ')
    .replace(/\s=\s/g, ': ')
    .replace(/\[\*\*.{0,80}?\*\*\]/g, 'XXXX')
    .replace(/[\u2010\u2011]/g, '-')
    .replace(/\(\s*\?+\s*\)/g, ' ?')
    .replace(/\?(?=\s*(?:no|none|nil|negative|absent)\s*(?:[.,;\n]|$))/gi, ':')
    .replace(/\?(?=\s*[A-Za-z])(?<=(?:^|[\s(,:])\?+)\s*/g, 'possible ');
}

/**
 * The sentences of a report in the form that the rules read: lower case, one blank between words and around punctuation, shorthand written
 * out, no list numbers, no sections about what was asked. Semicolons, blank lines, list markers and lines that begin a statement of their
 * own end a sentence too.
 * @internal
 */
export function splitReport(text: string): string[] {
  return withoutAskedSections(unify(text))
    .split(BLOCK_END)
    .flatMap(splitAtFullStops)
    .flatMap(splitAtLineEnds)
    .map(normalize)
    .flatMap(cutWhereEndless)
    .filter((sentence) => /[a-z]/.test(sentence));
}

/** Characters of a text without full stops that are read together; sentences of reports are shorter. */
const LONGEST_SENTENCE = 1000;

/** Cuts a text without full stops at its commas, or where it has none at blanks, so that the time for it grows with its length. */
function cutWhereEndless(sentence: string): string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST_SENTENCE) {
    const comma = rest.lastIndexOf(' , ', LONGEST_SENTENCE);
    const cut = comma > 0 ? comma : rest.lastIndexOf(' ', LONGEST_SENTENCE);
    const end = cut > 0 ? cut : LONGEST_SENTENCE;
    parts.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^[ ,]+/, '');
  }
  return [...parts, rest];
}

/** Whether the full stop at the end of `before` belongs to a word. */
function isAbbreviation(before: string, after: string): boolean {
  // "no." abbreviates "number" only before a digit.
  if (/\bno\.$/i.test(before)) return /^\s+\d/.test(after);
  if (TIMES.test(before)) return /^\s+[a-z]/.test(after);
  return ABBREVIATIONS.test(before) && /^\s*[A-Za-z\d_[]/.test(after);
}

function splitAtFullStops(block: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { index, 0: stop } of block.matchAll(FULL_STOP)) {
    const end = index + stop.length;
    if (isAbbreviation(block.slice(start, end), block.slice(end))) continue;
    sentences.push(block.slice(start, end));
    start = end;
  }
  return [...sentences, block.slice(start)];
}

function splitAtLineEnds(sentence: string): string[] {
  const statements: string[] = [];
  for (const line of sentence.split('\n')) {
    const before = statements.at(-1);
    if (before === undefined || startsOwnLine(before, line)) statements.push(line);
    else statements[statements.length - 1] = `${before} ${line}`;
  }
  return statements;
}

function normalize(sentence: string): string {
  const plain = sentence
    .toLowerCase()
    .replace(LEADING_MARK, ' ')
    .replace(/[\u2012-\u2015]|--+/g, ' - ')
    .replace(/[[{]/g, '(')
    .replace(/[\]}]/g, ')');
  return writeOut(plain)
    .replace(/(?<![.!?])[.!]*\?[.!?]*\s*$/, ' question-mark')
    .replace(/(?<![.!?])[.!?]+(?=\s|$)/g, ' ')
    .replace(/question-mark$/, '?')
    .replace(/[,:()]/g, (mark) => ` ${mark} `)
    .replace(/\s+/g, ' ')
    .trim();
}
