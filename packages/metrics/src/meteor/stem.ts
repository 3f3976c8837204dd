// The Snowball stemmer for English (Porter 2). `Y` marks a y that acts as a consonant.

const VOWEL = /[aeiouy]/;
const DOUBLE = /(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/;
/** A syllable that makes a word short when nothing follows it. */
const SHORT_SYLLABLE = /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouywxY])$/;
const REGION = /[aeiouy][^aeiouy]/;
/** Words whose first region begins after these letters, whatever the vowels say. */
const REGION_PREFIX = /^(?:gener|commun|arsen)/;

const WHOLE_WORDS = new Map([
  ['skis', 'ski'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['idly', 'idl'],
  ['gently', 'gentl'],
  ['ugly', 'ugli'],
  ['early', 'earli'],
  ['only', 'onli'],
  ['singly', 'singl'],
  ...['sky', 'news', 'howe', 'atlas', 'cosmos', 'bias', 'andes'].map((word) => [word, word] as const),
]);
const KEPT_AFTER_PLURAL = new Set([
  'inning',
  'outing',
  'canning',
  'herring',
  'earring',
  'proceed',
  'exceed',
  'succeed',
]);

/** Ending to replacement; the longest ending of a word decides. */
type Endings = readonly (readonly [ending: string, replacement: string])[];

const DERIVATIONS: Endings = [
  ['ization', 'ize'],
  ['ational', 'ate'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['iveness', 'ive'],
  ['tional', 'tion'],
  ['biliti', 'ble'],
  ['lessli', 'less'],
  ['entli', 'ent'],
  ['ation', 'ate'],
  ['alism', 'al'],
  ['aliti', 'al'],
  ['ousli', 'ous'],
  ['iviti', 'ive'],
  ['fulli', 'ful'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['abli', 'able'],
  ['izer', 'ize'],
  ['ator', 'ate'],
  ['alli', 'al'],
  ['bli', 'ble'],
];
const SECOND_DERIVATIONS: Endings = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['alize', 'al'],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ness', ''],
  ['ful', ''],
];
const REMOVED: readonly string[] = [
  ...['ement', 'ance', 'ence', 'able', 'ible', 'ment'],
  ...['ant', 'ent', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize', 'ion'],
  ...['al', 'er', 'ic'],
];

/** Where the region after the first vowel with a consonant behind it begins. */
function regionAfter(word: string, from: number): number {
  const found = REGION.exec(word.slice(from));
  return found ? from + found.index + 2 : word.length;
}

function withoutPossessive(word: string): string {
  return word.replace(/(?:'s'|'s|')$/, '');
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  if (/(?:us|ss)$/.test(word) || !word.endsWith('s')) return word;
  return VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function withoutVerbEnding(word: string, region: number): string {
  const [ending] = /(?:eedly|ingly|edly|eed|ing|ed)$/.exec(word) ?? [];
  if (!ending) return word;
  const stem = word.slice(0, -ending.length);
  if (ending.startsWith('eed')) return stem.length >= region ? `${stem}ee` : word;
  if (!VOWEL.test(stem)) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (DOUBLE.test(stem)) return stem.slice(0, -1);
  return region >= stem.length && SHORT_SYLLABLE.test(stem) ? `${stem}e` : stem;
}

/** Replaces the longest ending, if it lies in the region. */
function replaced(word: string, endings: Endings, region: number): string | undefined {
  const found = endings.find(([ending]) => word.endsWith(ending));
  if (!found) return undefined;
  const stem = word.slice(0, -found[0].length);
  return stem.length >= region ? stem + found[1] : word;
}

function withoutDerivation(word: string, region: number): string {
  const result = replaced(word, DERIVATIONS, region);
  if (result !== undefined) return result;
  if (word.endsWith('ogi') && word.length - 3 >= region && word.at(-4) === 'l') return word.slice(0, -1);
  if (word.endsWith('li') && word.length - 2 >= region && /[cdeghkmnrt]/.test(word.at(-3) ?? ''))
    return word.slice(0, -2);
  return word;
}

function withoutSecondDerivation(word: string, first: number, second: number): string {
  if (word.endsWith('ative')) return word.length - 5 >= second ? word.slice(0, -5) : word;
  return replaced(word, SECOND_DERIVATIONS, first) ?? word;
}

function withoutSuffix(word: string, second: number): string {
  const ending = REMOVED.find((each) => word.endsWith(each));
  if (!ending || word.length - ending.length < second) return word;
  if (ending === 'ion' && !/[st]ion$/.test(word)) return word;
  return word.slice(0, -ending.length);
}

function withoutFinalLetter(word: string, first: number, second: number): string {
  const end = word.length - 1;
  if (word.endsWith('ll') && end >= second) return word.slice(0, -1);
  if (!word.endsWith('e')) return word;
  const isRemoved = end >= second || (end >= first && !SHORT_SYLLABLE.test(word.slice(0, -1)));
  return isRemoved ? word.slice(0, -1) : word;
}

/**
 * The stem of a lower-case English word; words of one or two letters stay as they are.
 *
 * Source: Snowball's English algorithm (Porter 2), https://snowballstem.org/algorithms/english/stemmer.html, in the version that
 * METEOR 1.5 and the npm package `snowball-stemmers` 0.6.0 carry.
 */
export function stemEnglish(word: string): string {
  const whole = WHOLE_WORDS.get(word);
  if (whole !== undefined) return whole;
  if (word.length < 3) return word;
  let stem = word.replace(/^'/, '').replace(/(^|[aeiouy])y/g, '$1Y');
  const [prefix] = REGION_PREFIX.exec(stem) ?? [];
  const first = prefix ? prefix.length : regionAfter(stem, 0);
  const second = regionAfter(stem, first);
  stem = withoutPlural(withoutPossessive(stem));
  if (!KEPT_AFTER_PLURAL.has(stem)) {
    stem = withoutVerbEnding(stem, first).replace(/(?<=.[^aeiouy])[yY]$/, 'i');
    stem = withoutDerivation(stem, first);
    stem = withoutSecondDerivation(stem, first, second);
    stem = withoutFinalLetter(withoutSuffix(stem, second), first, second);
  }
  return stem.replaceAll('Y', 'y');
}
