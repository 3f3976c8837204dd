/** A pattern of alternatives from a list of words; words and pattern parts in any case, capitals in front of a star as they are. */
export function oneOf(words: string): string {
  const alternatives = words.trim().split(/\s+/).map(anyCase);
  return `(?:${alternatives.join('|')})`;
}

/** `Jan` to `[Jj][Aa][Nn]`; `*Mass` keeps its first letter, because in lower case it is another word. */
function anyCase(word: string): string {
  const [first, rest] = word.startsWith('*') ? [word[1]!, word.slice(2)] : ['', word];
  return (
    first + rest.replace(/(?<![\\])[A-Za-z]/g, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`)
  );
}

/**
 * Abbreviations whose dot may end a sentence as well: months, days, states of the USA, companies, degrees. Before a new sentence the
 * dot is written twice.
 */
export const ENDING_ABBREVIATIONS = oneOf(`
  Jan Feb *Mar Apr Jun Jul Aug Sept? Oct Nov Dec
  Mon Tues? *Wed Thurs? Fri
  Ala Ariz *Ark Calif Colo Conn Ct Dak *Del Fla Ga *Ill Ind Kans? Ky *La *Mass Md Mich Minn *Miss Mo Mont Neb Nev Okla *Ore *Pa Penn
  Tenn *Tex Va Vt *Wash Wisc? Wyo
  Inc Cos? Corp Pty Ltd Plc Bancorp Dept Univ Assn Intl
  etc al seq tel est ext sq
  Jr Sr Bros Ed\\.D Ph\\.D Esq Blvd Rd
`);

/** Words that begin a sentence where they follow letters with dots, such as `p.m.`; the last dot is then written twice. */
export const SENTENCE_STARTS =
  '(?:A|About|After|An|As|At|But|Earlier|He|Her|Here|However|If|In|It|Last|Many|More|Now|Once|One|Other|Our|She|Since|So|Some|Such|' +
  'That|The|Their|Then|There|These|They|This|We|What|When|While|Yet|You)';

/** Abbreviations whose dot never ends a sentence: titles and the like. */
export const LEADING_ABBREVIATIONS = oneOf(`
  Mr Mrs Ms Drs? Profs? Sens? Reps? Attys? Lt Col Gen Messrs Govs? Adm Rev Maj Sgt Cpl Pvt Capt Ste? Ave Pres Lieut Hon Brig Co?mdr Pfc
  Spc Supts? Det Mt Ft Adj Adv Asst Assoc Ens Insp Mlle Mme Msgr Sfc
  vs Alex Wm Jos Cie cf
`);

/** Abbreviations only before a number. */
export const NUMBER_ABBREVIATIONS = oneOf('ca figs? prop nos? art bldg pp op');

/** A word that is an abbreviation where a dot follows it. */
export const ABBREVIATION = new RegExp(
  `^(?:${ENDING_ABBREVIATIONS}|${LEADING_ABBREVIATIONS}|${NUMBER_ABBREVIATIONS})$`,
);

/** Words that are two words in the treebank, lower-cased, with the length of the first. */
export const DOUBLE_WORDS: ReadonlyMap<string, number> = new Map([
  ['cannot', 3],
  ['gonna', 3],
  ['gotta', 3],
  ['gimme', 3],
  ['lemme', 3],
  ['wanna', 3],
]);
