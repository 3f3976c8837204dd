/** Shorthand and contractions of dictated and typed reports, written out. Read on lower-case text with plain apostrophes. */
const WRITTEN_OUT: readonly (readonly [RegExp, string])[] = [
  [/\bcan(?:not|'?t)\b/g, 'can not'],
  [/\bwon'?t\b/g, 'will not'],
  [/\b(is|are|was|were|has|have|had|do|does|did|could|would|should|must|might|need)n'?t\b/g, '$1 not'],
  [/\b(there|it|that)'s\b/g, '$1 is'],
  [/\bw\/o\b/g, 'without'],
  [/\bw\/(?=\s|[a-z])/g, 'with '],
  [/\bs\/p\b/g, 'status post'],
  [/\br\/o\b/g, 'rule out'],
  [/\bc\/w\b/g, 'consistent with'],
  [/\b(?:h\/o|hx of)\b/g, 'history of'],
  [/\bno\.\s*(?=\d)/g, 'number '],
  [/&/g, ' and '],
  [/\band\s*\/\s*or\b/g, ' or '],
  // A slash between words gives alternatives, as in CheXpert's labeler.
  [/(?<=[a-z])\s*\/\s*(?=[a-z])/g, ' or '],
];

/** What every shorthand has one of. */
const HAS_SHORTHAND = /['/&]|nt\b|cannot|\bno\.|\bhx\b/;

/** Lower-case text with its shorthand written out: "can't" as "can not", "w/o" as "without", "effusion/edema" as "effusion or edema". @internal */
export function writeOut(text: string): string {
  if (!HAS_SHORTHAND.test(text)) return text;
  return WRITTEN_OUT.reduce((written, [short, long]) => written.replace(short, long), text);
}
