import { finish, type Steps } from '../steps.js';
import { rulesFor } from './ptb-rules.js';
import { ABBREVIATION, DOUBLE_WORDS } from './ptb-words.js';

/** Blanks between tokens; line ends inside a text count as blanks. */
const BLANKS = /[ \t-\r\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/y;
/**
 * A word, number or mark that no rule would treat otherwise, because nothing follows that could belong to it; a word may be an
 * abbreviation.
 */
const PLAIN_TOKEN =
  /[A-Za-z]+(?=[ \n;)]|[,:.][ \n])|[0-9]+(?:\.[0-9]+)?(?= [A-Za-z]|\n)|[.,;:](?= [A-Za-z]|\n)/y;
const BLANK = 32;
const DOT = 46;
const LINE_END = /[\t-\r\x85\u2028\u2029]+/g;
/** Marks and symbols that are tokens by themselves; what is no such character is dropped. */
const SYMBOL = /[\p{P}\p{S}\p{N}]/u;
const LAST_OF_PLANE = 0xffff;

/** Words and marks that pycocoevalcap takes out after tokenising; brackets are not among them once they are lower-cased. */
const REMOVED = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Where in a batch of texts this one stands. */
export interface PtbOptions {
  /**
   * Whether the text is the very end of the tokenizer's input, without a line end. There alone contractions such as `they're` are cut
   * otherwise: `they ' re` instead of `they 're`.
   *
   * @defaultValue false
   */
  readonly isLast?: boolean | undefined;
}

/** The tokens at one place and how far they reach. */
interface Step {
  readonly tokens: readonly string[];
  readonly end: number;
}

function longestMatch(line: string, start: number): Step {
  const codePoint = line.codePointAt(start)!;
  const character = String.fromCodePoint(codePoint);
  let seen = 0;
  let step: Step | undefined;
  for (const { pattern, emit, consume } of rulesFor(character)) {
    pattern.lastIndex = start;
    const match = pattern.exec(line);
    if (!match || match[0].length <= seen) continue;
    seen = match[0].length;
    const taken = match[1] ?? match[0];
    step = { tokens: emit?.(taken) ?? [taken], end: start + (consume?.(taken) ?? taken.length) };
  }
  if (step) return step;
  const isToken = codePoint <= LAST_OF_PLANE && SYMBOL.test(character);
  return { tokens: isToken ? [character] : [], end: start + character.length };
}

function skipBlanks(line: string, start: number): number {
  // The usual case by hand: one blank, then a word.
  const first = line.charCodeAt(start);
  if (first > BLANK && first < 127) return start;
  const second = line.charCodeAt(start + 1);
  if (first === BLANK && second > BLANK && second < 127) return start + 1;
  BLANKS.lastIndex = start;
  return BLANKS.test(line) ? BLANKS.lastIndex : start;
}

/** The plain token at a place, lower-cased; empty where there is none. */
function plainToken(line: string, start: number): string {
  PLAIN_TOKEN.lastIndex = start;
  if (!PLAIN_TOKEN.test(line)) return '';
  const end = PLAIN_TOKEN.lastIndex;
  const token = line.slice(start, end);
  // With a dot behind it a word may be an abbreviation, and a single letter is one.
  if (line.charCodeAt(end) === DOT && (token.length === 1 || ABBREVIATION.test(token))) return '';
  const lower = token.toLowerCase();
  return DOUBLE_WORDS.has(lower) ? '' : lower;
}

/**
 * The tokens of one text, lower-cased, as Stanford CoreNLP 3.4.1's PTBTokenizer gives them with `-preserveLines -lowerCase`: brackets
 * become `-lrb-` and so on, quotes `` and '', contractions are cut, a mixed fraction is one token with a no-break space inside.
 *
 * The rules are our own, made to give the reference's tokens; the README says on how many texts they were compared.
 *
 * @example
 * ```ts
 * ptbTokens("Can't exclude edema (mild)."); // ['ca', "n't", 'exclude', 'edema', '-lrb-', 'mild', '-rrb-', '.']
 * ```
 */
export function ptbTokens(text: string, options: PtbOptions = {}): string[] {
  return finish(ptbSteps(text, options));
}

/** Tokens between two pauses. */
const TOKENS_PER_STEP = 4096;

function* ptbSteps(text: string, options: PtbOptions): Steps<string[]> {
  const line = text.replace(LINE_END, ' ') + (options.isLast ? '' : '\n');
  const tokens: string[] = [];
  let position = skipBlanks(line, 0);
  while (position < line.length) {
    const token = plainToken(line, position);
    if (token !== '') {
      tokens.push(token);
      position += token.length;
    } else {
      const step = longestMatch(line, position);
      for (const token of step.tokens) tokens.push(token.toLowerCase());
      position = step.end;
    }
    position = skipBlanks(line, position);
    if (tokens.length % TOKENS_PER_STEP === 0) yield;
  }
  return tokens;
}

/**
 * A text as pycocoevalcap's scorers get it: PTB tokens without punctuation, single blanks between them.
 *
 * @example
 * ```ts
 * tokenizePtb('The heart is normal.'); // 'the heart is normal'
 * ```
 */
export function tokenizePtb(text: string, options: PtbOptions = {}): string {
  return finish(tokenizePtbSteps(text, options));
}

/** {@link tokenizePtb} with pauses. @internal */
export function* tokenizePtbSteps(text: string, options: PtbOptions = {}): Steps<string> {
  const tokens = yield* ptbSteps(text, options);
  return tokens.filter((token) => !REMOVED.has(token)).join(' ');
}
