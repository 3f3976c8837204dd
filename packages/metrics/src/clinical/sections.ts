/** A name before a colon, at the beginning of a line or behind a full stop. */
const HEADER = /(?:^|\n|[.!?]\s)[ \t]*([A-Za-z][A-Za-z ]{1,40}?)[ \t]*:/g;

/** Sections that say what was asked and done, not what was found. */
const ASKED =
  /^(?:(?:clinical |brief |pertinent |relevant )*(?:indications?|history|hx|information|details|data|context|background|question)(?: for (?:exam|examination|study))?|(?:reason|indications?) for (?:the |this )?(?:exam|examination|study|request|test|consultation)|comparisons?(?: studies)?|techniques?|(?:type of )?(?:exam|examination|procedure|study))$/i;

/** Where a section ends that no other follows: at a blank line, else at its line's end, else behind its first sentence. */
function endOfLastSection(text: string, start: number): number {
  const rest = text.slice(start);
  const end = /\n[ \t]*\n/.exec(rest) ?? /\S[ \t]*\n/.exec(rest) ?? /[.!?](?=\s)/.exec(rest);
  return end ? start + end.index + end[0].length : text.length;
}

/**
 * A report without its indication, history, technique and comparison, whose findings are asked for or past. `text` has `\n` as its line end.
 * @internal
 */
export function withoutAskedSections(text: string): string {
  const headers = Array.from(text.matchAll(HEADER), ({ index, 0: whole, 1: name }) => ({
    name: name!,
    start: index + whole.search(/[A-Za-z]/),
    end: index + whole.length,
  }));
  let kept = '';
  let from = 0;
  headers.forEach(({ name, start, end }, at) => {
    if (start < from || !ASKED.test(name)) return;
    kept += `${text.slice(from, start)}\n\n`;
    from = headers[at + 1]?.start ?? endOfLastSection(text, end);
  });
  return kept + text.slice(from);
}
