/** Words that end with a full stop inside a sentence. */
const ABBREVIATIONS = /\b(?:dr|mr|mrs|ms|vs|approx|st|no|fig|e\.g|i\.e|a\.m|p\.m)\.$/;

/**
 * The sentences of a report in the form that the rules read: lower case, one blank between words and around punctuation, a slash between
 * letters written as "or" (as CheXpert's labeler does), no list numbers. Semicolons, blank lines and list markers end a sentence too.
 * @internal
 */
export function splitReport(text: string): string[] {
  const blocks = text
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u2010-\u2015]/g, '-')
    .split(/\r?\n\s*\r?\n|\r?\n(?=\s*(?:\d+[.)]|[-*•])\s)|;/);
  return blocks
    .flatMap(splitBlock)
    .map(normalize)
    .filter((sentence) => /[a-z]/.test(sentence));
}

function splitBlock(block: string): string[] {
  const sentences: string[] = [];
  let start = 0;
  for (const { index, 0: end } of block.matchAll(/[.!?]+(?=\s|$)/g)) {
    const sentence = block.slice(start, index + end.length);
    // "no." abbreviates "number" only before a digit.
    const isAbbreviation =
      ABBREVIATIONS.test(sentence) && /^\s+[a-z\d]/.test(block.slice(index + end.length));
    const isNumber = /\bno\.$/.test(sentence) ? !/^\s+\d/.test(block.slice(index + end.length)) : false;
    if (isAbbreviation && !isNumber) continue;
    sentences.push(sentence);
    start = index + end.length;
  }
  return [...sentences, block.slice(start)];
}

function normalize(sentence: string): string {
  return sentence
    .replace(/^\s*(?:\d+[.)]|[-*•])\s+/, ' ')
    .replace(/\band\s*\/\s*or\b/g, ' or ')
    .replace(/(?<=[a-z])\s*\/\s*(?=[a-z])/g, ' or ')
    .replace(/[.!?]+(?=\s|$)/g, ' ')
    .replace(/[,:()]/g, (mark) => ` ${mark} `)
    .replace(/\s+/g, ' ')
    .trim();
}
