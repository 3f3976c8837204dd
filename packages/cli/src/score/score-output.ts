import type { BertScore, UncertainLabels } from '@crrg/metrics';
import { printable } from '../format/text.js';
import type { CommandContext } from '../io.js';
import { writePlots, type Plot, type PlotFormat } from './plot-files.js';
import { formatLatexTable, formatTextTable, type ScoreTable } from './table.js';

/** The command line of `crrg score`. */
export interface ScoreCommandOptions {
  readonly candidates?: string;
  readonly references?: string;
  readonly compare?: string;
  readonly chexbertCandidates?: string;
  readonly chexbertReferences?: string;
  readonly chexbertCompare?: string;
  readonly uncertain: UncertainLabels;
  readonly radgraphCandidates?: string;
  readonly radgraphReferences?: string;
  readonly radgraphCompare?: string;
  readonly radcliq?: string;
  readonly chexbert?: string;
  readonly bertscore?: string;
  readonly bertscoreIdf?: boolean;
  readonly bertscoreBaseline?: BertScore;
  readonly rougeStem?: boolean;
  readonly meteorParaphrases?: string;
  readonly patientField?: string;
  readonly labels?: string;
  readonly metrics?: string;
  readonly tokenizer: 'ptb' | 'rgrg' | 'none';
  readonly ciderFrequencies: 'references' | 'none';
  readonly textField?: string;
  readonly idField?: string;
  readonly byOrder?: boolean;
  readonly items?: string;
  readonly threshold: number;
  readonly resamples: number;
  readonly seed: number;
  readonly format: 'json' | 'table' | 'latex';
  readonly plots?: string;
  readonly plotFormat: PlotFormat;
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** Of what `--format json` prints. */
export const SCHEMA = 'crrg/score/1';

/** Prints the result and writes the plots; where the plots went is said on stderr. */
export async function output(
  { format, plots: folder, plotFormat, quiet }: ScoreCommandOptions,
  { io }: CommandContext,
  result: {
    readonly table: ScoreTable;
    readonly json: unknown;
    readonly plots: () => Promise<readonly Plot[]>;
  },
): Promise<void> {
  if (folder !== undefined) {
    const plots = await result.plots();
    io.signal?.throwIfAborted();
    const files = await writePlots(folder, plots, plotFormat);
    if (!quiet) for (const file of files) io.stderr.write(`wrote ${printable(file)}\n`);
  }
  if (format === 'json') io.stdout.write(`${JSON.stringify(result.json, undefined, 2)}\n`);
  else io.stdout.write(format === 'latex' ? formatLatexTable(result.table) : formatTextTable(result.table));
}

/** Says on stderr how files were read where that is not plain. */
export function printNotes({ io }: CommandContext, notes: readonly string[]): void {
  for (const note of notes) io.stderr.write(`crrg: ${printable(note)}\n`);
}
