import { ANATOMICAL_REGIONS, CrrgError, INTENDED_USE, mergeDoubts, type Box, type Doubt } from '@crrg/core';
import type { RegionDetections } from '@crrg/detector';
import { preprocessRadiograph, type PreprocessedImage } from '@crrg/image';
import { toProbabilities, type RegionSelection } from '@crrg/region-selector';
import { assembleReport, type GeneratedSentence } from '@crrg/report-gen';
import { takeRows } from '@crrg/tensor';
import { classifyImage, modelReference } from './classify-radiograph.js';
import { findModelDoubts } from './doubts/model-doubts.js';
import { checkRadiograph, refuseDoubts } from './doubts/radiograph-doubts.js';
import { decidedScores, findReportDoubts } from './doubts/report-doubts.js';
import {
  boxInImage,
  joinRows,
  searchSettings,
  toBatch,
  type ClassifierNetwork,
  type ReportNetworks,
} from './networks.js';
import type { ReportOptions } from './options.js';
import type { Radiograph } from './radiograph.js';
import { REPORT_SCHEMA, type Finding, type RegionResult, type Report } from './report.js';
import { createStopwatch, type Stopwatch } from './stopwatch.js';
import type { RegionsEvent, SentenceEvent } from './stream/report-event.js';

/** Reports of films that go through the networks together. */
export interface ReportJob {
  readonly networks: ReportNetworks;
  readonly options: ReportOptions;
  /** Labels the pictures beside the reports. */
  readonly classifier?: ClassifierNetwork | undefined;
  /** Hears what is known of each film while its report is written. */
  readonly onEvent?: ((film: number, event: RegionsEvent | SentenceEvent) => void) | undefined;
}

/** The report of a film, or why it has none. */
export type FilmOutcome = { readonly report: Report } | { readonly error: Error };

/**
 * The report of a radiograph, from its pixels to JSON.
 * @param classifier labels the picture beside the report
 * @throws {ImageError} for a picture too small to show a chest, or with doubts where `strict`; `signal.reason` on abort
 */
export async function generateReport(
  networks: ReportNetworks,
  radiograph: Radiograph,
  options: ReportOptions,
  classifier?: ClassifierNetwork,
): Promise<Report> {
  return soleReport(await generateReports({ networks, options, classifier }, [radiograph]));
}

/** @throws what the only film was refused for */
export function soleReport([outcome]: readonly FilmOutcome[]): Report {
  if ('error' in outcome!) throw outcome.error;
  return outcome!.report;
}

/**
 * The reports of radiographs, in their order: every network reads all films at once, and all sentences are generated side by side. A film
 * that is refused (an `ImageError`) leaves the others alone.
 * @throws what is no fault of a film; `signal.reason` on abort
 */
export async function generateReports(
  job: ReportJob,
  radiographs: readonly Radiograph[],
): Promise<FilmOutcome[]> {
  const { networks, options } = job;
  const watch = createStopwatch(options);
  const outcomes = new Array<FilmOutcome>(radiographs.length);
  /** What the work gives for each film that it does not refuse. */
  const each = async <Film extends Numbered, T>(
    films: readonly Film[],
    work: (film: Film) => T | Promise<T>,
  ) => {
    const given: T[] = [];
    for (const film of films) {
      try {
        given.push(await work(film));
      } catch (error) {
        if (!CrrgError.isInstance(error) || error.code !== 'IMAGE') throw error;
        outcomes[film.index] = { error };
      }
    }
    return given;
  };
  const numbered = radiographs.map((radiograph, index) => ({ index, radiograph }));
  const checked = await each(numbered, (film) => checkFilm(job, film));
  if (checked.length === 0) return outcomes;
  const prepared = await watch.time('preprocess', () =>
    each(checked, (film) => ({
      ...film,
      prepared: preprocessRadiograph(film.radiograph.image, networks.model.preprocessing),
    })),
  );
  if (prepared.length === 0) return outcomes;
  const found = await findRegions(job, prepared, watch);
  const told = await watch.time('reportGen', () => writeSentences(job, found));
  const shared = watch.durations();
  await each(told, async (film) => {
    const report = await finishReport(job, film, share(shared, told.length));
    outcomes[film.index] = { report };
  });
  return outcomes;
}

interface Numbered {
  readonly index: number;
  readonly radiograph: Radiograph;
}

interface CheckedFilm extends Numbered {
  /** Of the film and the models. */
  readonly doubts: readonly Doubt[];
}

interface PreparedFilm extends CheckedFilm {
  readonly prepared: PreprocessedImage;
}

interface FoundFilm extends PreparedFilm {
  readonly regions: readonly RegionResult[];
  /** Numbers of the regions that get a sentence. */
  readonly described: readonly number[];
  /** Region features of those, `[S, F]`. */
  readonly features: Float32Array;
}

interface ToldFilm extends FoundFilm {
  readonly findings: readonly Finding[];
}

function checkFilm({ networks, options, classifier }: ReportJob, film: Numbered): CheckedFilm {
  const { model } = networks;
  const doubts = checkRadiograph('report', film.radiograph, {
    readers: classifier ? [model, classifier.model] : [model],
    modelDoubts: classifier && findModelDoubts(classifier.model),
    strict: options.strict,
  });
  return { ...film, doubts };
}

/** What detector and region selector say of films. */
async function findRegions(
  { networks, options, onEvent }: ReportJob,
  films: readonly PreparedFilm[],
  watch: Stopwatch,
): Promise<FoundFilm[]> {
  const { model, detector, selector } = networks;
  const { signal, onProgress } = options;
  const batch = toBatch(films.map(({ prepared }) => prepared));
  const detections = await watch.time('detector', () => detector.detect(batch, { signal, onProgress }));
  const selection = await watch.time('regionSelector', () =>
    selector.select(
      joinRows(detections.map(({ regionFeatures }) => regionFeatures)),
      Uint8Array.from(
        detections.flatMap(({ isDetected }) => isDetected),
        Number,
      ),
    ),
  );
  return films.map((film, row) => {
    const { prepared, radiograph, doubts, index } = film;
    const found = detections[row]!;
    const regions = regionResults(found, selectionOf(selection, row), (region) =>
      boxInImage(found.boxes, region, prepared, radiograph.image),
    );
    onEvent?.(index, { type: 'regions', input: radiograph.input, regions, doubts });
    const described = [...regions.keys()].filter((region) => regions[region]!.status === 'described');
    const features = takeRows(found.regionFeatures, described, model.config.reportGen.regionFeatureDim);
    return { ...film, regions, described, features };
  });
}

/** The sentences of all described regions of films, generated side by side. */
async function writeSentences(
  { networks, options, onEvent }: ReportJob,
  films: readonly FoundFilm[],
): Promise<ToldFilm[]> {
  const { model, generator } = networks;
  const { signal, onProgress } = options;
  const decided = decidedScores(model.config.regionSelector);
  const places = films.flatMap(({ index, regions, described }) =>
    described.map((region) => ({ index, region: regions[region]! })),
  );
  const findingOf = (row: number, { text, meanTokenLogProb }: GeneratedSentence): Finding => {
    const { name, box } = places[row]!.region;
    return { region: name, sentence: text, box: box!, meanTokenLogProb };
  };
  const sentences = await generator.generate(joinRows(films.map(({ features }) => features)), {
    ...searchSettings(networks, options),
    signal,
    onProgress,
    onSentence: (row, sentence) => {
      if (!onEvent) return;
      const finding = findingOf(row, sentence);
      const { index, region } = places[row]!;
      const said = { text: sentence.text, regions: [region], findings: [finding] };
      onEvent(index, { type: 'sentence', finding, doubts: findReportDoubts(said, decided) });
    },
  });
  const findings = sentences.map((sentence, row) => findingOf(row, sentence));
  return films.map((film) => ({ ...film, findings: findings.splice(0, film.described.length) }));
}

/** Joins what was said of a film to its report. @throws {ImageError} for a report in doubt where `strict` */
async function finishReport(
  { networks, options, classifier }: ReportJob,
  { radiograph, doubts, regions, findings }: ToldFilm,
  durations: Readonly<Record<string, number>>,
): Promise<Report> {
  const { image, input } = radiograph;
  const { explain, similarity, signal, strict } = options;
  const watch = createStopwatch(options);
  const told = findings.map(({ region, sentence }) => ({ region, text: sentence }));
  const { text, similarity: used } = await watch.time('assemble', () =>
    assembleReport(told, { similarity, signal }),
  );
  const classification =
    classifier &&
    (await watch.time('classifier', () => classifyImage(classifier, image, { explain, signal })));
  const content = { text, regions, findings, ...(classification && { classification }) };
  const ofReport = findReportDoubts(content, decidedScores(networks.model.config.regionSelector));
  if (strict) refuseDoubts('report', ofReport);
  return {
    schema: REPORT_SCHEMA,
    input,
    ...content,
    doubts: mergeDoubts(doubts, ofReport),
    provenance: {
      ...modelsOf(networks, classifier),
      inputSha256: input.sha256,
      options: {
        ...searchSettings(networks, options),
        similarity: used.name,
        ...(networks.dtype !== 'fp32' && { dtype: networks.dtype }),
      },
      durations: { ...durations, ...watch.durations() },
    },
    intendedUse: INTENDED_USE,
  };
}

/** A film's part of what several films took together. */
function share(durations: Readonly<Record<string, number>>, count: number): Record<string, number> {
  const shares = Object.entries(durations).map(([stage, ms]) => [stage, Math.round((10 * ms) / count) / 10]);
  return Object.fromEntries(shares) as Record<string, number>;
}

/** What is read of a {@link RegionSelection}. */
type Selection = Pick<RegionSelection, 'selectionLogits' | 'abnormalityLogits' | 'isSelected'>;

/** The rows of one film of a selection of several. */
function selectionOf({ selectionLogits, abnormalityLogits, isSelected }: Selection, film: number): Selection {
  const rows = [film * ANATOMICAL_REGIONS.length, (film + 1) * ANATOMICAL_REGIONS.length] as const;
  return {
    selectionLogits: selectionLogits.subarray(...rows),
    abnormalityLogits: abnormalityLogits.subarray(...rows),
    isSelected: isSelected.subarray(...rows),
  };
}

/** What computed a report. */
function modelsOf(
  { model, backend: { name, versions } }: ReportNetworks,
  classifier: ClassifierNetwork | undefined,
): Pick<Report['provenance'], 'model' | 'classifier' | 'backend' | 'versions'> {
  return {
    model: modelReference(model),
    ...(classifier && { classifier: modelReference(classifier.model) }),
    backend: name,
    versions,
  };
}

/** What was found of each region; nothing was assessed of one that was not detected. */
function regionResults(
  { isDetected, scores }: RegionDetections,
  { selectionLogits, abnormalityLogits, isSelected }: Selection,
  boxOf: (region: number) => Box,
): RegionResult[] {
  const [selection, abnormality] = [selectionLogits, abnormalityLogits].map(toProbabilities);
  return ANATOMICAL_REGIONS.map((name, region) =>
    isDetected[region]
      ? {
          name,
          status: isSelected[region] ? 'described' : 'detected',
          box: boxOf(region),
          detectionScore: scores[region]!,
          selectionScore: selection![region]!,
          abnormalityScore: abnormality![region]!,
        }
      : {
          name,
          status: 'not-detected',
          box: null,
          detectionScore: 0,
          selectionScore: 0,
          abnormalityScore: 0,
        },
  );
}
