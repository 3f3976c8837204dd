// METEOR's own tokenisation of English (`-norm`): a chain of substitutions, each one pass from left to right without overlaps.

/** Latin with its accents, phonetic extensions and Cyrillic: what the substitutions take for letters. */
const LETTER =
  'A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u1d00-\\u1d7f\\u1e00-\\u1eff\\u0400-\\u052f';
const ASCII_SPACE = '\\t-\\r ';

const SYMBOL = new RegExp(`[^${LETTER}0-9${ASCII_SPACE}.'\`\\u2018\\u2019,-]`, 'gu');
/** More than ASCII letters, digits, blanks and the marks that stay in place. */
const NOT_PLAIN = /[^A-Za-z0-9 .',-]/;
const DOTS = /\.{2,}/g;
const COMMA = /(?<![0-9]),|,(?![0-9])/g;
const SINGLE_QUOTE = /[`\u2018\u2019]/g;
const DOUBLE_QUOTE = /[\u201c\u201d]|''/g;
const HYPHEN_INSIDE = new RegExp(`([${LETTER}0-9.])-([${LETTER}0-9])`, 'g');
const APOSTROPHES: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`([^${LETTER}])'([^${LETTER}])`, 'g'), "$1 ' $2"],
  [new RegExp(`([^${LETTER}0-9])'([${LETTER}])`, 'g'), "$1 ' $2"],
  [new RegExp(`([${LETTER}])'([^${LETTER}])`, 'g'), "$1 ' $2"],
  [new RegExp(`([${LETTER}])'([${LETTER}])`, 'g'), "$1 '$2"],
  [/([0-9])'(s)/g, "$1 '$2"],
];
const SPACES = /[\s\x85\x1c-\x1f]+/;
const HAS_LETTER = new RegExp(`[${LETTER}]`);

/** Words that keep the dot at their end, without it; single capital letters do so too. */
const ABBREVIATIONS = new Set(
  (
    'Adj Adm Adv Asst Bart Bldg Brig Bros Capt Cmdr Col Comdr Con Corp Cpl DR Dr Drs Ens Gen Gov Hon Hr Hosp Insp Lt MM MR MRS MS Maj ' +
    'Messrs Mlle Mme Mr Mrs Ms Msgr Op Ord Pfc Ph Prof Pvt Rep Reps Res Rev Rt Sen Sens Sfc Sgt Sr St Supt Surg Nos Nr rev v vs'
  ).split(' '),
);
/** Words that keep it before a number. */
const BEFORE_NUMBER = new Set(['No', 'Art', 'pp']);

/** A word that ends in a dot, as it is to be written before `next`. */
function withDotSettled(word: string, next: string | undefined): string {
  const stem = word.slice(0, -1);
  if (stem.includes('.')) {
    if (HAS_LETTER.test(stem)) return stem.replaceAll('.', '');
    if (/^\.+$/.test(stem)) return word;
  }
  const keeps =
    ABBREVIATIONS.has(stem) ||
    /^[A-Z]$/.test(stem) ||
    (next !== undefined && (/^[a-z]/.test(next) || (BEFORE_NUMBER.has(stem) && /^[0-9]/.test(next))));
  return keeps ? word : `${stem} .`;
}

/**
 * A text as METEOR 1.5 sees it with `-l en -norm`: punctuation apart, words lower-cased, single blanks between words.
 *
 * Source: the behaviour of METEOR 1.5, whose rules for dots and apostrophes go back to the Moses tokenizer.
 */
export function normalizeForMeteor(text: string): string {
  let line = ` ${text} `;
  const isPlain = !NOT_PLAIN.test(line);
  if (!isPlain) line = line.replace(SYMBOL, ' $& ');
  if (line.includes('..')) line = line.replace(DOTS, ' $& ');
  if (line.includes(',')) line = line.replace(COMMA, ' , ');
  if (!isPlain) line = line.replace(SINGLE_QUOTE, "'").replaceAll('\u2013', '-');
  if (!isPlain || line.includes("''")) line = line.replace(DOUBLE_QUOTE, ' " ');
  if (line.includes('-')) line = line.replaceAll('--', '-').replace(HYPHEN_INSIDE, '$1 $2');
  if (line.includes("'"))
    for (const [pattern, replacement] of APOSTROPHES) line = line.replace(pattern, replacement);
  const words = line.split(SPACES).filter((word) => word !== '');
  return words
    .map((word, index) =>
      word.length > 1 && word.endsWith('.') ? withDotSettled(word, words[index + 1]) : word,
    )
    .join(' ')
    .toLowerCase();
}
