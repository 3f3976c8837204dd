import { Option, type Command } from 'commander';
import { ConfigError } from '@crrg/core';
import type { Radiograph, Report } from '@crrg/pipeline';
import { printError } from '../errors.js';
import { listPictures, planOverlays, writeFileAtomically } from '../files.js';
import { createProgressLine } from '../format/progress-line.js';
import { EXIT_CODES } from '../io.js';
import type { CommandContext } from '../main.js';
import { addEngineOptions, reportOptions, type EngineOptions } from './engine-options.js';
import { lazyStages, SetupError } from './open-stages.js';
import { createReportOutput, type OutputOptions } from './report-output.js';

interface ReportCommandOptions extends EngineOptions, OutputOptions {
  readonly overlay?: string;
}

const EXAMPLES = `
A folder stands for the .png, .jpg and .jpeg files in it. A file that fails is reported and the rest go on.

Examples:
  crrg report film.png
  crrg report film.png --json > report.json
  crrg report films/ --jsonl reports.jsonl --overlay overlays/{name}.png
  crrg report film.png --model models/rgrg --beams 1`;

/** `crrg report`. */
export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .description('write a region-grounded report of each radiograph')
    .argument('<file...>', 'PNG or JPEG files, or folders of them')
    .addOption(
      new Option('--json', 'JSON on stdout: one report, or a list for several files').conflicts('jsonl'),
    )
    .option('--jsonl <out>', 'a file that gets one JSON line as each report is finished; - is stdout')
    .option(
      '--overlay <out>',
      'picture with boxes and sentences: .svg, .png, a folder, or a name with {name}',
    );
  addEngineOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: ReportCommandOptions) => runReport(files, options, context));
}

async function writeOverlay(target: string, report: Report, { image }: Radiograph): Promise<void> {
  const { overlayOf, renderOverlayPng, renderOverlaySvg } = await import('@crrg/pipeline');
  const overlay = overlayOf(report, image);
  const isPng = target.toLowerCase().endsWith('.png');
  await writeFileAtomically(target, isPng ? await renderOverlayPng(overlay) : renderOverlaySvg(overlay));
}

async function runReport(
  files: readonly string[],
  options: ReportCommandOptions,
  { io, setExitCode }: CommandContext,
): Promise<void> {
  const pictures = await listPictures(files);
  const overlays = options.overlay === undefined ? undefined : await planOverlays(options.overlay, pictures);
  const { loadRadiograph } = await import('@crrg/pipeline');
  const output = await createReportOutput(options, io.stdout, pictures.isSingle);
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const stages = lazyStages(options, io, progress.onProgress);
  const settings = { ...reportOptions(options), signal: io.signal, onProgress: progress.onProgress };
  const reportOne = async (file: string) => {
    const radiograph = await loadRadiograph(file, { signal: io.signal });
    const opened = await stages.get();
    const report = await opened.report(radiograph, settings);
    progress.clear();
    await output.add(report);
    const target = overlays?.get(file);
    if (target !== undefined) await writeOverlay(target, report, radiograph);
  };
  try {
    for (const [index, file] of pictures.paths.entries()) {
      io.signal?.throwIfAborted();
      progress.setSubject(pictures.isSingle ? file : `[${index + 1}/${pictures.paths.length}] ${file}`);
      try {
        await reportOne(file);
      } catch (error) {
        progress.clear();
        const isFinal = error instanceof SetupError || error instanceof ConfigError;
        if (io.signal?.aborted || isFinal) throw error;
        printError(io, error, file);
        setExitCode(EXIT_CODES.failed);
      }
    }
  } finally {
    progress.clear();
    stages.dispose();
    output.end();
  }
}
