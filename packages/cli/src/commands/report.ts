import { Option, type Command } from 'commander';
import type { Report } from '@crrg/pipeline';
import { listFilmExtensions } from '../film-extensions.js';
import { listFilms, filmNames, planOverlays, sayLeftOut } from '../files.js';
import { createProgressLine } from '../format/progress-line.js';
import { formatReport } from '../format/report-text.js';
import { widthOf, type CommandContext } from '../io.js';
import { createClaims } from '../output/claims.js';
import { forEachFilm } from './each-film.js';
import { addEngineOptions, reportOptions, type EngineOptions } from './engine-options.js';
import { lazyPipeline } from './open-models.js';
import { claimResults, createResultOutput, type OutputOptions } from './result-output.js';
import { writeOverlay } from './write-overlay.js';

interface ReportCommandOptions extends EngineOptions, OutputOptions {
  readonly overlay?: string;
  readonly classify?: boolean;
  readonly classifier?: string;
  readonly heatMap?: boolean;
}

const EXAMPLES = `
A folder stands for the ${listFilmExtensions('and')} files in it, and DICOM files of other names. A file that fails is reported and the rest go on.

Examples:
  crrg report film.png
  crrg report film.png --json > report.json
  crrg report films/ --jsonl reports.jsonl --overlay overlays/{name}.png
  crrg report film.png --model models/rgrg --beams 1
  crrg report film.png --classifier models/rclip --heat-map --overlay film.png.svg`;

/** `crrg report`. */
export function addReportCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('report')
    .description('write a region-grounded report of each radiograph')
    .argument('<file...>', 'PNG, JPEG or DICOM files, or folders of them')
    .addOption(
      new Option('--json', 'JSON on stdout: one report, or a list for several files').conflicts('jsonl'),
    )
    .option('--jsonl <out>', 'a file that gets one JSON line as each report is finished; - is stdout')
    .option(
      '--overlay <out>',
      'picture with boxes and sentences: .svg, .png, a folder, or a name with {name}',
    )
    .option('--classify', 'add what a classifier sees')
    .option('--classifier <model>', 'which: tiny, a bundle folder, or an https address (default: tiny)')
    .option('--heat-map', 'add where the classifier looked, to JSON and overlay (Grad-CAM)');
  addEngineOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: ReportCommandOptions) => runReport(files, options, context));
}

async function runReport(
  files: readonly string[],
  options: ReportCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { io } = context;
  const films = await listFilms(files);
  const claims = await createClaims(films.paths);
  await claimResults(options, claims, 'report');
  const overlays =
    options.overlay === undefined ? undefined : await planOverlays(options.overlay, films, claims);
  sayLeftOut(films, io);
  const names = filmNames(films);
  const { loadRadiograph, overlayOf } = await import('@crrg/pipeline');
  const output = await createResultOutput<Report>(options, io.stdout, {
    isSingle: films.isSingle,
    text: (report, index) => `${index > 0 ? '\n' : ''}${formatReport(report, widthOf(io.stdout))}`,
  });
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const classify = options.classify === true || options.heatMap === true || options.classifier !== undefined;
  const pipeline = lazyPipeline({ ...options, classify }, io, progress.onProgress);
  const settings = {
    ...reportOptions(options),
    classify,
    explain: options.heatMap,
    signal: io.signal,
    onProgress: progress.onProgress,
  };
  try {
    await forEachFilm(films, context, progress, async (file) => {
      const radiograph = await loadRadiograph(file, { name: names.get(file), signal: io.signal });
      const report = await (await pipeline.get()).generateReport(radiograph, settings);
      progress.clear();
      await output.add(report);
      const target = overlays?.get(file);
      if (target !== undefined) await writeOverlay(target, overlayOf(report, radiograph.image));
      return report.doubts;
    });
  } finally {
    progress.clear();
    pipeline.dispose();
    await output.end();
  }
}
