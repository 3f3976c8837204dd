/** A text as RGRG's evaluation scores it: a blank before every full stop, runs of blanks made one; case and the rest stay. */
export function tokenizeRgrg(text: string): string {
  return text.replaceAll('.', ' .').replace(/ {2,}/g, ' ');
}
