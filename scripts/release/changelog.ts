/** Changelogs that tell every change once, in the package that its changeset names first; other packages point there. */

export type Bump = 'major' | 'minor' | 'patch' | 'none';

export interface Change {
  readonly id: string;
  readonly summary: string;
  /** As the changeset lists them; the first is the home of the text. */
  readonly releases: readonly { readonly name: string; readonly type: Bump }[];
}

const GROUPS = [
  { type: 'major', heading: 'Breaking' },
  { type: 'minor', heading: 'New and changed' },
  { type: 'patch', heading: 'Fixed and improved' },
] as const;
/** Characters that a lead may have. */
const LEAD_LIMIT = 180;

/** Summary in one line a paragraph, as changesets may be wrapped. */
function paragraphsOf(summary: string): string[] {
  return summary
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim());
}

/** Where the first of some marks ends a part outside of code and brackets, before a blank or the end; -1 where none does. */
function endOfPart(text: string, marks: string): number {
  let depth = 0;
  let isCode = false;
  for (const [i, character] of [...text].entries()) {
    if (character === '`') isCode = !isCode;
    if (isCode) continue;
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    const isAbbreviation = /\b(e\.g|i\.e|et al|vs)$/.test(text.slice(0, i));
    if (depth <= 0 && marks.includes(character) && /^(\s|$)/.test(text.slice(i + 1)) && !isAbbreviation)
      return i;
  }
  return -1;
}

/** What a paragraph begins with, short enough to be scanned: its first sentence, or what stands before its first colon or semicolon. */
export function leadOf(paragraph: string): string {
  const sentence = paragraph.slice(0, endOfPart(paragraph, '.!?') + 1) || paragraph;
  const part = sentence.length <= LEAD_LIMIT ? sentence.length : endOfPart(sentence, ':;');
  return part > 0 && part <= LEAD_LIMIT ? sentence.slice(0, part) : '';
}

function fullLines({ summary }: Change): string[] {
  const [first = '', ...others] = paragraphsOf(summary);
  const lead = leadOf(first);
  const head = lead ? `**${lead}**${first.slice(lead.length)}` : first;
  return [`- ${head}`, ...others.map((paragraph) => `\n  ${paragraph}`)];
}

/** One line of a change that another package tells. */
function pointer({ summary, releases }: Change): string {
  const [first = ''] = paragraphsOf(summary);
  const lead = leadOf(first) || `${first.slice(0, first.lastIndexOf(' ', LEAD_LIMIT))} …`;
  return `- \`${releases[0]!.name}\`: ${lead}`;
}

/** What a version of a package says: its own changes in groups, then what it shares with others, by their home. */
export function renderEntry(name: string, version: string, changes: readonly Change[]): string {
  const mine = changes.filter(({ releases }) =>
    releases.some((each) => each.name === name && each.type !== 'none'),
  );
  const own = mine.filter(({ releases }) => releases[0]!.name === name);
  const shared = mine.filter((change) => !own.includes(change));
  const groups = GROUPS.flatMap(({ type, heading }) => {
    const told = own.filter(({ releases }) => releases[0]!.type === type);
    return told.length === 0
      ? []
      : [`### ${heading}`, told.map((change) => fullLines(change).join('\n')).join('\n')];
  });
  const pointers = shared.map(pointer).sort((a, b) => (a.split(':')[0]! < b.split(':')[0]! ? -1 : 1));
  const elsewhere =
    shared.length === 0
      ? []
      : ['### Shared with other packages, whose changelogs tell more', pointers.join('\n')];
  const nothing = mine.length === 0 ? ['Nothing changed here: all `@crrg/*` packages have one version.'] : [];
  return [`## ${version}`, ...nothing, ...groups, ...elsewhere].join('\n\n');
}

/** The changelog with the section of a version replaced, or put on top. */
export function replaceSection(changelog: string, name: string, version: string, entry: string): string {
  const [, ...sections] = `\n${changelog}`.split(/\n(?=## )/);
  const others = sections.filter(
    (section) => !section.startsWith(`## ${version}\n`) && section.trim() !== `## ${version}`,
  );
  return `# ${name}\n\n${[entry, ...others.map((section) => section.trim())].join('\n\n')}\n`;
}
