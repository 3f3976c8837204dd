import { Option, type Command } from 'commander';
import type { RadiographClassification } from '@crrg/pipeline';
import { listFilmExtensions } from '../film-extensions.js';
import { listFilms, filmNames, planOverlays, sayLeftOut } from '../files.js';
import { formatClassificationRow } from '../format/classification-text.js';
import { createProgressLine } from '../format/progress-line.js';
import type { CommandContext } from '../io.js';
import { createClaims } from '../output/claims.js';
import { forEachFilm } from './each-film.js';
import { addRuntimeOptions, type RuntimeOptions } from './engine-options.js';
import { lazyClassifier } from './open-models.js';
import { claimResults, createResultOutput, type OutputOptions } from './result-output.js';
import { writeOverlay } from './write-overlay.js';

interface ClassifyCommandOptions extends RuntimeOptions, OutputOptions {
  readonly model?: string;
  readonly overlay?: string;
  readonly heatMap?: boolean;
}

const EXAMPLES = `
A folder stands for the ${listFilmExtensions('and')} files in it, and DICOM files of other names. A file that fails is reported and the rest go on.

Examples:
  crrg classify film.png
  crrg classify films/ --jsonl labels.jsonl
  crrg classify film.png --model models/rclip --overlay heat.png`;

/** `crrg classify`. */
export function addClassifyCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('classify')
    .description('say which findings a classifier sees on each radiograph')
    .argument('<file...>', 'PNG, JPEG or DICOM files, or folders of them')
    .option('--model <model>', 'tiny, a bundle folder, or the https address of one (default: tiny)')
    .addOption(
      new Option('--json', 'JSON on stdout: one result, or a list for several files').conflicts('jsonl'),
    )
    .option('--jsonl <out>', 'a file that gets one JSON line as each picture is finished; - is stdout')
    .option('--heat-map', 'add where the classifier looked to the JSON (Grad-CAM)')
    .option('--overlay <out>', 'picture with the heat map: .svg, .png, a folder, or a name with {name}');
  addRuntimeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((files: string[], options: ClassifyCommandOptions) => runClassify(files, options, context));
}

/** What goes out: heat maps that were only wanted for an overlay stay inside. */
function withoutHeatMaps(result: RadiographClassification): RadiographClassification {
  return { ...result, classification: result.classification.map(({ heatMap: _, ...label }) => label) };
}

async function runClassify(
  files: readonly string[],
  options: ClassifyCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { io } = context;
  const films = await listFilms(files);
  const claims = await createClaims(films.paths);
  await claimResults(options, claims, 'classification');
  const overlays =
    options.overlay === undefined ? undefined : await planOverlays(options.overlay, films, claims);
  sayLeftOut(films, io);
  const names = filmNames(films);
  const { classificationOverlayOf, loadRadiograph } = await import('@crrg/pipeline');
  const output = await createResultOutput<RadiographClassification>(options, io.stdout, {
    isSingle: films.isSingle,
    text: (result, index) => formatClassificationRow(result, { files: [...names.values()], index }),
  });
  const progress = createProgressLine(io.stderr, { isQuiet: options.quiet, isForced: options.progress });
  const classifier = lazyClassifier({ ...options, classifier: options.model }, io, progress.onProgress);
  const settings = {
    strict: options.strict,
    explain: options.heatMap === true || overlays !== undefined,
    signal: io.signal,
    onProgress: progress.onProgress,
  };
  try {
    await forEachFilm(films, context, progress, async (file) => {
      const radiograph = await loadRadiograph(file, { name: names.get(file), signal: io.signal });
      const result = await (await classifier.get()).classify(radiograph, settings);
      progress.clear();
      await output.add(options.heatMap ? result : withoutHeatMaps(result));
      const target = overlays?.get(file);
      if (target !== undefined) await writeOverlay(target, classificationOverlayOf(result, radiograph.image));
      return result.doubts;
    });
  } finally {
    progress.clear();
    classifier.dispose();
    await output.end();
  }
}
