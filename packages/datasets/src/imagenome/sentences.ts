/** A sentence ends behind one of these and closing quotes or brackets, where white space follows. */
const SENTENCE_END = /[.!?]["'\u2019\u201d)\]}]*$/;
/** Words that end in a period and no sentence. */
const ABBREVIATIONS: ReadonlySet<string> = new Set([
  'dr.',
  'mr.',
  'mrs.',
  'ms.',
  'e.g.',
  'i.e.',
  'vs.',
  'approx.',
  'cf.',
  'a.m.',
  'p.m.',
]);

/** Sentences of a text whose white space is single blanks. */
export type SentenceSplitter = (text: string) => readonly string[];

const endsSentence = (word: string) => SENTENCE_END.test(word) && !ABBREVIATIONS.has(word.toLowerCase());

/**
 * The sentences of a text: they end behind `.`, `!` or `?`, with closing quotes or brackets, before a blank, but not behind Dr., e.g. and the
 * like. A small letter may start one, so that {@link cleanPhrases} makes it a capital; splitters for reports that want a capital do not serve.
 */
export const splitSentences: SentenceSplitter = (text) => {
  const sentences: string[] = [];
  let words: string[] = [];
  for (const word of text.split(' ')) {
    words.push(word);
    if (!endsSentence(word)) continue;
    sentences.push(words.join(' '));
    words = [];
  }
  if (words.length > 0) sentences.push(words.join(' '));
  return sentences;
};
