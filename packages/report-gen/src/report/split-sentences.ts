/** Text to sentences, in order; joined with one space they give the text back, white space aside. */
export type SentenceSplitter = (text: string) => readonly string[];

/** Words before a dot that does not end a sentence. */
const ABBREVIATIONS = new Set(
  'approx dr mr mrs ms prof st vs e.g i.e etc no fig cf dept est max min resp ca a.m p.m'.split(' '),
);

/** White space between a sentence's end and a capital, a digit or an opening quote or bracket. */
const BOUNDARY = /(?<=[.!?]["')\]]*)\s+(?=["'([]*[\p{Lu}\p{N}])/gu;

function endsInAbbreviation(text: string): boolean {
  const word = /([\p{L}.]+)\.$/u.exec(text)?.[1];
  if (word === undefined) return false;
  const isInitial = /^\p{Lu}$/u.test(word) && /(^|\s)\p{Lu}\.$/u.test(text);
  return isInitial || ABBREVIATIONS.has(word.toLowerCase());
}

/**
 * Splits after `.`, `!` or `?` where white space and a capital or a digit follow. Decimals ("4.5 cm") have no space after the dot; a
 * dot after an abbreviation or a single initial ends nothing.
 *
 * The reference uses a parser (spaCy); pass your own {@link SentenceSplitter} for one.
 */
export const splitSentences: SentenceSplitter = (text) => {
  const sentences: string[] = [];
  for (const piece of text.trim().split(BOUNDARY)) {
    const previous = sentences.at(-1);
    if (previous !== undefined && endsInAbbreviation(previous))
      sentences[sentences.length - 1] = `${previous} ${piece}`;
    else if (piece !== '') sentences.push(piece);
  }
  return sentences;
};
