import { appendFile, writeFile } from 'node:fs/promises';
import {
  createReportPipeline,
  loadRadiograph,
  overlayOf,
  renderOverlayPng,
  renderOverlaySvg,
  type BackendName,
  type Report,
} from '@crrg/pipeline';
import type { Command } from 'commander';
import { printError, UsageError } from '../errors.js';
import { listPictures, planOverlays, writeFileAtomically } from '../files.js';
import { createProgressLine } from '../format/progress-line.js';
import { formatReport } from '../format/report-text.js';
import { EXIT_CODES } from '../io.js';
import type { CommandContext } from '../main.js';

interface ReportFlags {
  readonly json?: boolean;
  readonly jsonl?: string;
  readonly overlay?: string;
  readonly model: string;
  readonly backend: string;
  readonly beams: string;
  readonly quiet?: boolean;
}

/** A whole number of at least 1. @throws {UsageError} */
export function parseCount(text: string, flag: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`${flag}: expected a whole number of at least 1, got ${text}.`);
}

async function writeOverlay(file: string, source: string, report: Report): Promise<void> {
  const { image } = await loadRadiograph(source);
  const input = overlayOf(report, image);
  await writeFileAtomically(
    file,
    file.toLowerCase().endsWith('.png') ? await renderOverlayPng(input) : renderOverlaySvg(input),
  );
}

async function runReport(
  files: readonly string[],
  flags: ReportFlags,
  context: CommandContext,
): Promise<void> {
  const { stdout, stderr, signal } = context.io;
  const pictures = await listPictures(files);
  const overlays = flags.overlay ? await planOverlays(flags.overlay, pictures) : new Map<string, string>();
  const numBeams = parseCount(flags.beams, '--beams');
  const progress = createProgressLine(stderr, { isQuiet: flags.quiet });
  const pipeline = await createReportPipeline({
    model: flags.model,
    backend: flags.backend as BackendName,
    maxBeams: numBeams,
    signal,
    onProgress: progress.onProgress,
    onWarning: (message) => void stderr.write(`crrg: warning: ${message}\n`),
  });
  const reports: Report[] = [];
  try {
    if (flags.jsonl) await writeFile(flags.jsonl, '');
    for (const file of pictures.paths) {
      progress.setSubject(file);
      try {
        const report = await pipeline.generateReport(file, {
          numBeams,
          signal,
          onProgress: progress.onProgress,
        });
        const overlay = overlays.get(file);
        if (overlay) await writeOverlay(overlay, file, report);
        if (flags.jsonl) await appendFile(flags.jsonl, `${JSON.stringify(report)}\n`);
        progress.clear();
        if (flags.json) reports.push(report);
        else if (!flags.jsonl)
          stdout.write(`${formatReport(report, stdout.columns ?? 100)}\n${report.intendedUse}\n`);
      } catch (error) {
        progress.clear();
        if (signal?.aborted) throw error;
        printError(context.io, error, file);
        context.setExitCode(EXIT_CODES.failed);
      }
    }
  } finally {
    progress.clear();
    pipeline.dispose();
  }
  if (flags.json && (reports.length > 0 || !pictures.isSingle)) {
    stdout.write(`${JSON.stringify(pictures.isSingle ? reports[0] : reports, undefined, 2)}\n`);
  }
}

/** `crrg report FILE...` */
export function addReportCommand(program: Command, context: CommandContext): void {
  program
    .command('report')
    .description('report on radiographs: PNG or JPEG files, or folders of them')
    .argument('<file...>', 'pictures or folders')
    .option('--json', 'print the report as JSON; several pictures as an array')
    .option('--jsonl <out>', 'append each report to a file as it is done, one line each')
    .option('--overlay <out>', 'draw the regions: a .svg or .png file, a folder, or a name with {name}')
    .option('--model <model>', 'tiny, a folder, or the address of a bundle', 'tiny')
    .option('--backend <backend>', 'onnx, onnx-wasm, onnx-cuda, onnx-webgpu, tfjs-cpu, tfjs-wasm', 'onnx')
    .option('--beams <n>', 'beams of the search; 1 is greedy', '4')
    .option('--quiet', 'no progress line')
    .action((files: string[], flags: ReportFlags) => runReport(files, flags, context));
}
