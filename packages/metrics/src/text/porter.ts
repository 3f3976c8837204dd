// Porter's stemmer of 1980 with the deviations of NLTK's `PorterStemmer()`.

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ...['sky', 'news', 'howe', 'inning', 'outing', 'canning', 'proceed', 'exceed', 'succeed'].map(
    (word) => [word, word] as const,
  ),
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['innings', 'inning'],
  ['outings', 'outing'],
  ['cannings', 'canning'],
]);

/** Ending to replacement; the first that a word has decides. */
type Endings = readonly (readonly [ending: string, replacement: string])[];

const DERIVATIONS: Endings = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['fulli', 'ful'],
];
const SECOND_DERIVATIONS: Endings = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];
const REMOVED = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'],
  ...['ion', 'ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'],
];

/** `c` or `v` for each letter; a y behind a consonant is a vowel. */
function soundsOf(word: string): string {
  let sounds = '';
  for (const letter of word) {
    const isVowel = 'aeiou'.includes(letter) || (letter === 'y' && sounds.endsWith('c'));
    sounds += isVowel ? 'v' : 'c';
  }
  return sounds;
}

/** How often a consonant follows a vowel. */
const measure = (stem: string) => soundsOf(stem).split('vc').length - 1;
const isDouble = (word: string) =>
  word.length >= 2 && word.at(-1) === word.at(-2) && soundsOf(word).endsWith('c');
/** Consonant, vowel, consonant other than w, x, y; or a word of vowel and consonant. */
const endsShort = (word: string) => {
  const sounds = soundsOf(word);
  return (sounds.endsWith('cvc') && !/[wxy]$/.test(word)) || sounds === 'vc';
};

/** Replaces the first ending of the list that the word has, if what is left is long enough. */
function replaced(word: string, endings: Endings, least: number): string {
  const found = endings.find(([ending]) => word.endsWith(ending));
  if (!found) return word;
  const stem = word.slice(0, -found[0].length);
  return measure(stem) >= least ? stem + found[1] : word;
}

function withoutPlural(word: string): string {
  if (word.endsWith('ies')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('sses')) return word.slice(0, -2);
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

function withoutVerbEnding(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const ending = ['ed', 'ing'].find(
    (each) => word.endsWith(each) && soundsOf(word.slice(0, -each.length)).includes('v'),
  );
  if (ending === undefined) return word;
  const stem = word.slice(0, -ending.length);
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (isDouble(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function withoutDerivation(word: string): string {
  const [first] = DERIVATIONS.filter(([ending]) => word.endsWith(ending));
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return withoutDerivation(word.slice(0, -2));
  if (first) return replaced(word, DERIVATIONS, 1);
  return word.endsWith('logi') && measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
}

function withoutSuffix(word: string): string {
  const ending = REMOVED.find((each) => word.endsWith(each));
  if (ending === undefined) return word;
  const stem = word.slice(0, -ending.length);
  return measure(stem) > 1 && (ending !== 'ion' || /[st]$/.test(stem)) ? stem : word;
}

function withoutFinalE(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  const size = measure(stem);
  return size > 1 || (size === 1 && !endsShort(stem)) ? stem : word;
}

/**
 * The stem of a lower-case English word.
 *
 * Source: Porter, *An algorithm for suffix stripping*, Program 14, 1980, as NLTK's `PorterStemmer` runs it by default; not the Snowball
 * stemmer that METEOR uses.
 */
export function stemPorter(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  let stem = withoutVerbEnding(withoutPlural(word));
  if (stem.length > 2 && stem.endsWith('y') && soundsOf(stem.slice(0, -1)).endsWith('c'))
    stem = `${stem.slice(0, -1)}i`;
  stem = replaced(withoutDerivation(stem), SECOND_DERIVATIONS, 1);
  stem = withoutFinalE(withoutSuffix(stem));
  return stem.endsWith('ll') && measure(stem.slice(0, -1)) > 1 ? stem.slice(0, -1) : stem;
}
