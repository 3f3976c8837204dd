import { BOX_TOLERANCE, judge, type Verdict } from './compare.js';
import type { Outcome, Took, Visit } from './outcome.js';

const NONE = '–';
const HEADER = [
  'app',
  'engine',
  'works',
  'as plain Node',
  'open, ms',
  'first film, ms',
  'second film, ms',
  'first visit, MB',
  'second visit, MB',
  'block at opening, ms',
  'block at films, ms',
  '`provenance.backend`',
];
const TEXT_COLUMNS = new Set(['app', 'engine', 'works', 'as plain Node', '`provenance.backend`']);

const whole = (value: number) => String(Math.round(value));
function megabytes(bytes: number | undefined): string {
  if (bytes === undefined) return NONE;
  return bytes < 10_000 ? '< 0.01' : (bytes / 1e6).toFixed(2);
}
const escaped = (text: string) => text.replaceAll('|', '\\|');

function worksCell({ pair, answer }: Outcome, { verdict, detail }: Verdict): string {
  const code = answer.error?.code ?? answer.error?.name;
  if (verdict === 'refused') return `refused, \`${code}\`: ${pair.mayRefuse!.why}`;
  return verdict === 'failed' ? `**no**, \`${code}\`: ${escaped(detail)}` : 'yes';
}

function equalCell({ verdict, detail, difference }: Verdict): string {
  if (!difference) return NONE;
  if (verdict === 'wrong') return `**no**: ${escaped(detail)}`;
  const { boxes } = difference;
  return boxes === 0 ? 'yes' : `yes, boxes within ${boxes < 0.001 ? '0.001' : boxes.toFixed(3)} px`;
}

function timeCells(visit: Visit | undefined): string[] {
  const films: readonly (Took | undefined)[] = [visit?.films[0], visit?.films[1]];
  return [visit?.open, ...films].map((took) => (took ? whole(took.ms) : NONE));
}

function blockCells(visit: Visit | undefined): string[] {
  if (!visit) return [NONE, NONE];
  return [whole(visit.open.block), whole(Math.max(...visit.films.map(({ block }) => block)))];
}

/** The cells of one outcome. */
function cellsOf(outcome: Outcome, reference: Visit): string[] {
  const { pair, answer, bytes } = outcome;
  const verdict = judge(outcome, reference);
  return [
    pair.app.name,
    `\`${pair.engine}\`${pair.software ? ' †' : ''}`,
    worksCell(outcome, verdict),
    equalCell(verdict),
    ...timeCells(answer.visit),
    megabytes(bytes?.[0]),
    megabytes(bytes?.[1]),
    ...blockCells(answer.visit),
    answer.visit ? `\`${answer.visit.backend}\`` : NONE,
  ];
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** A Markdown table with a row for each outcome. */
export function renderTable(outcomes: readonly Outcome[], reference: Visit): string {
  return [
    row(HEADER),
    row(HEADER.map((name) => (TEXT_COLUMNS.has(name) ? '---' : '--:'))),
    ...outcomes.map((outcome) => row(cellsOf(outcome, reference))),
  ].join('\n');
}

/** The page of the documentation: what was run where, the table, and how to read it. */
export function renderPage(table: string, facts: readonly string[]): string {
  return `# Apps and engines

Whether the packages, packed as they are published and installed in an empty project, work in an app, on each engine, and what that costs.
Made by \`npm run apps -- --out docs/apps.md\`, which fails where a pair fails or says something else than plain Node; do not edit.

${facts.map((fact) => `- ${fact}`).join('\n')}

${table}

- **As plain Node**: the same text and regions of two films as the first row; edges of boxes may lie ${BOX_TOLERANCE} px of the film apart.
- **Times** are of one run, with greedy search and the demonstration weights, on as many threads as are taken by default. What an engine compiles or allocates at first use is in the first
  film; the second is another one.
- **Bytes** are what the servers sent at a visit that opens a pipeline and reads a film, not compressed: page, scripts, engine, weights. Between the visits the browser keeps what it likes
  for an hour, as hosts of files with a hash in their names allow, and the weights in Cache Storage.
- **Block** is the longest time in which the main thread answered nothing else, from a timer of 4 ms; other programs of a busy machine add to it.
- **†** A software adapter (SwiftShader) computes what a GPU would: the numbers show that the engine is right, the times say nothing of a GPU.
- _refused_ is the answer that is expected, when the pipeline is opened and not later, where the machine or the browser lacks something; with the \`code\` of the error. What engines need: [Engines](engines.md).
- Pages run in headless Chromium on one thread, as they do where they are not cross-origin isolated. They are those of [examples/bundlers](../examples/bundlers/README.md), with another script.
`;
}
