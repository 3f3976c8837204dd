import { REPORT_METRICS, type ReportMetricName, type WorkProgress } from '@crrg/metrics';
import { UsageError } from '../errors.js';
import { createProgressLine } from '../format/progress-line.js';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { createClaims, linesKind } from '../output/claims.js';
import { openLineFile } from '../output/line-file.js';
import { scoreChexbertFiles } from './chexbert-files.js';
import { scoreBertScore, scoreChexbertTexts, type PairedTexts } from './network-parts.js';
import { placesIn } from './part-files.js';
import { claimPlots } from './plot-files.js';
import { scoreRadCliQFile, scoreRadGraphFiles } from './radgraph-files.js';
import { readReportPairs, type ReportPairs } from './report-pairs.js';
import { createReportScorer, REPORT_PLOT_NAME, reportPlots, scoreName } from './score-reports.js';
import { output, printNotes, SCHEMA, type ScoreCommandOptions } from './score-output.js';
import { partJson, partsTable, scorePart, type ScoredPart, type ScorePart } from './score-part.js';

const ITEM_SCHEMA = 'crrg/score-item/1';

type ProgressLine = ReturnType<typeof createProgressLine>;

function chosenMetrics(names: string | undefined): ReportMetricName[] {
  if (names === undefined) return [...REPORT_METRICS];
  return names.split(',').map((text) => {
    const name = REPORT_METRICS.find((each) => each.toLowerCase() === text.trim().toLowerCase());
    if (name) return name;
    throw new UsageError(
      `--metrics: expected names of ${REPORT_METRICS.join(', ')}, got ${text.trim() || 'nothing'}.`,
    );
  });
}

async function writeItems(
  file: string,
  { ids, subjects, pairedBy }: ReportPairs,
  items: Readonly<Record<string, readonly unknown[]>>,
) {
  const lines = subjects.map((_, at) => {
    const scores = Object.fromEntries(Object.entries(items).map(([name, values]) => [name, values[at]]));
    return `${JSON.stringify({ schema: ITEM_SCHEMA, id: ids?.[at] ?? at + 1, pairedBy, ...scores })}\n`;
  });
  const output = await openLineFile(file);
  try {
    await output.add(lines.join(''));
  } finally {
    await output.end();
  }
}

async function claimOutputs(options: ScoreCommandOptions): Promise<void> {
  const inputs = [
    ...[options.candidates, options.references, options.compare, options.meteorParaphrases],
    ...[options.chexbertCandidates, options.chexbertReferences, options.chexbertCompare],
    ...[options.radgraphCandidates, options.radgraphReferences, options.radgraphCompare, options.radcliq],
  ];
  const claims = await createClaims(inputs.filter((file) => file !== undefined));
  if (options.items !== undefined)
    await claims.claim({
      option: '--items',
      file: options.items,
      kind: linesKind('scores that crrg wrote', 'crrg/score-item/'),
    });
  if (options.plots !== undefined)
    await claimPlots(options.plots, [REPORT_PLOT_NAME], options.plotFormat, claims);
}

/** The reports of one or two systems against their references. */
async function scoreTexts(
  files: { readonly candidates: string; readonly references: string },
  options: ScoreCommandOptions,
  context: CommandContext,
  progress: ProgressLine,
): Promise<{ part: ScorePart; pairs: ReportPairs; texts: PairedTexts }> {
  const metrics = chosenMetrics(options.metrics);
  const { textField, idField, patientField, byOrder, compare } = options;
  const { signal } = context.io;
  progress.show(printable(`reading ${files.candidates} and ${files.references}`), false);
  const read = (candidates: string) =>
    readReportPairs({ ...files, candidates, textField, idField, patientField, byOrder, signal });
  const pairs = await read(files.candidates);
  const others = compare === undefined ? undefined : await read(compare);
  const places = others && placesIn(pairs, others, compare!);
  progress.clear();
  printNotes(context, [...pairs.notes, ...(others?.notes ?? [])]);
  const evaluate = await createReportScorer(
    { ...options, metrics },
    {
      signal,
      onProgress: ({ stage, done, total }) =>
        progress.show(`${stage} ${done} of ${total} reports`, done < total),
    },
  );
  const evaluation = await evaluate(pairs);
  const pick = <Item>(items: readonly Item[]) => places!.map((at) => items[at]!);
  const { references } = pairs;
  const compared = others && { references, candidates: pick(others.candidates), file: compare! };
  const other = compared && {
    file: compare!,
    evaluation: await evaluate({ ...compared, subjects: pick(others.subjects) }),
  };
  const { pairedBy, numUnmatched, patients, textFields } = pairs;
  const notes = [
    `Texts: ${textFields.candidates} of the candidates, ${textFields.references} of the references.`,
    ...pairs.notes,
  ];
  const items = { pairedBy, numUnmatched, patients, notes };
  const texts = { candidates: pairs.candidates, references, items, other: compared };
  return { pairs, texts, part: { items, evaluation, other } };
}

/** What networks of the user's make of the texts, by its name in JSON. */
async function scoreByNetworks(
  texts: PairedTexts,
  options: ScoreCommandOptions,
  { io: { signal } }: CommandContext,
  progress: ProgressLine,
): Promise<[name: string, part: ScorePart][]> {
  const parts: [string, ScorePart][] = [];
  const work = (name: string) => ({
    signal,
    onProgress: (done: number, total: number) =>
      progress.show(`${name}: ${done} of ${total} reports`, done < total),
  });
  const { bertscore, bertscoreIdf: idf, bertscoreBaseline: baseline, chexbert, uncertain } = options;
  if (chexbert !== undefined)
    parts.push(['chexbert', await scoreChexbertTexts(chexbert, texts, { uncertain, ...work('CheXbert') })]);
  if (bertscore !== undefined)
    parts.push([
      'bertscore',
      await scoreBertScore(bertscore, texts, { idf, baseline, ...work('BERTScore') }),
    ]);
  return parts;
}

/** What is scored from the files of other programs, by its name in JSON. */
async function scoreMadeFiles(
  options: ScoreCommandOptions,
  { io: { signal } }: CommandContext,
): Promise<[name: string, part: ScorePart][]> {
  const { idField, patientField, byOrder, radcliq } = options;
  const common = { idField, patientField, byOrder, signal };
  const parts: [string, ScorePart][] = [];
  const { chexbertCandidates, chexbertReferences, chexbertCompare: compare } = options;
  if (chexbertCandidates !== undefined && chexbertReferences !== undefined) {
    const files = { ...common, candidates: chexbertCandidates, references: chexbertReferences, compare };
    parts.push(['chexbert', await scoreChexbertFiles(files, options.uncertain)]);
  }
  const { radgraphCandidates, radgraphReferences, radgraphCompare } = options;
  if (radgraphCandidates !== undefined && radgraphReferences !== undefined) {
    const sides = { candidates: radgraphCandidates, references: radgraphReferences };
    parts.push(['radgraph', await scoreRadGraphFiles({ ...common, ...sides, compare: radgraphCompare })]);
  }
  if (radcliq !== undefined) parts.push(['radcliq', await scoreRadCliQFile(radcliq, common)]);
  return parts;
}

/** Scores reports: their texts, and what CheXbert and RadGraph made of them. */
export async function runReports(options: ScoreCommandOptions, context: CommandContext): Promise<void> {
  chosenMetrics(options.metrics);
  await claimOutputs(options);
  const { candidates, references } = options;
  const { signal } = context.io;
  const progress = createProgressLine(context.io.stderr, {
    isQuiet: options.quiet,
    isForced: options.progress,
  });
  const work = {
    signal,
    onProgress: (stage: string, { done, total }: WorkProgress) =>
      progress.show(`${stage} ${done} of ${total}`, done < total),
  };
  try {
    const texts =
      candidates !== undefined && references !== undefined
        ? await scoreTexts({ candidates, references }, options, context, progress)
        : undefined;
    const made = [
      ...(texts ? await scoreByNetworks(texts.texts, options, context, progress) : []),
      ...(await scoreMadeFiles(options, context)),
    ];
    const text = texts && (await scorePart(texts.part, options, work));
    const others: [string, ScoredPart][] = [];
    for (const [name, part] of made) others.push([name, await scorePart(part, options, work)]);
    progress.clear();
    if (options.items !== undefined && texts)
      await writeItems(options.items, texts.pairs, texts.part.evaluation.items);
    const parts = [...(text ? [text] : []), ...others.map(([, part]) => part)];
    await output(options, context, {
      table: partsTable(parts, scoreName),
      json: {
        schema: SCHEMA,
        kind: 'reports',
        ...(text ? partJson(text) : {}),
        ...(texts ? { textFields: texts.pairs.textFields } : {}),
        ...(texts && texts.pairs.notes.length > 0 ? { notes: texts.pairs.notes } : {}),
        ...Object.fromEntries(others.map(([name, part]) => [name, partJson(part)])),
      },
      plots: () => reportPlots(texts!.pairs, signal),
    });
  } finally {
    progress.clear();
  }
}
