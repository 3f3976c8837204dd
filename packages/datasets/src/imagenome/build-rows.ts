import { CrrgError, type Size } from '@crrg/core';
import { mapInOrder } from '../files/in-order.js';
import { readPictureSize } from '../files/picture-size.js';
import { readMimicReport } from '../mimic/read-report.js';
import { referenceReport, type ReferenceReport } from '../mimic/reference-report.js';
import { isExceptedStudy } from '../mimic/excepted-studies.js';
import type { StudySplit } from '../region-study.js';
import { joinPath, tableOfImage } from '../rrg/row.js';
import { isIgnoredImage } from './ignored-images.js';
import type { ImageOutcome, ListedImage, SkipReason } from './outcomes.js';
import type { PhraseOptions } from './phrases.js';
import { readSceneGraph } from './read-scene-graph.js';
import { regionsOfSceneGraph } from './regions.js';
import { locateImagenome, type ImagenomeFiles, type ImagenomeRoots } from './roots.js';
import type { SceneGraph } from './scene-graph.js';
import { readImagesToAvoid, readSplitList } from './split-lists.js';

/** How the images of a split become rows. */
export interface BuildRowsOptions extends PhraseOptions {
  readonly roots: ImagenomeRoots;
  readonly split: StudySplit;
  /** Rows of the list that are passed over at its start, to go on where a run stopped. @defaultValue 0 */
  readonly skipRows?: number | undefined;
  /** Images that are read at a time. @defaultValue 8 */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Thrown inside, to leave the steps of an image. */
class Skip {
  constructor(
    readonly reason: SkipReason,
    readonly problem?: string,
  ) {}
}

/** What `read` gives; a file that is not there or cannot be read ends the image with a reason. */
async function orSkip<T>(
  read: Promise<T | undefined>,
  reasons: { readonly missing: SkipReason; readonly unreadable: SkipReason },
): Promise<T> {
  let value: T | undefined;
  try {
    value = await read;
  } catch (error) {
    if (!CrrgError.isInstance(error)) throw error;
    throw new Skip(reasons.unreadable, error.message);
  }
  if (value === undefined) throw new Skip(reasons.missing);
  return value;
}

const PICTURE = { missing: 'no picture', unreadable: 'unreadable picture' } as const;
const GRAPH = { missing: 'no scene graph', unreadable: 'unreadable scene graph' } as const;
const REPORT = { missing: 'no report file', unreadable: 'unreadable report' } as const;

interface Context {
  readonly roots: ImagenomeRoots;
  readonly files: ImagenomeFiles;
  readonly avoided: ReadonlySet<string>;
  readonly phrases: PhraseOptions;
}

/** The findings of a study; train needs none. */
async function reportOf(listed: ListedImage, { roots }: Context): Promise<string | null> {
  if (listed.split === 'train') return null;
  const { study, subject } = listed;
  let found: ReferenceReport;
  if (isExceptedStudy(study)) found = referenceReport(study, undefined);
  else found = referenceReport(study, await orSkip(readMimicReport(roots.reports, subject, study), REPORT));
  if (found.outcome !== 'used') throw new Skip(found.outcome);
  return found.text;
}

function outcomeOf(
  listed: ListedImage,
  graph: SceneGraph,
  size: Size,
  referenceReportText: string | null,
  context: Context,
): ImageOutcome {
  const regions = regionsOfSceneGraph(graph, size, context.phrases);
  const table = tableOfImage(listed.split, regions);
  if (table === undefined) {
    const regionsWithoutBox = regions.filter(({ box }) => box === null).length;
    return { kind: 'skipped', listed, reason: 'region without box', regionsWithoutBox };
  }
  const { subject, study, image } = listed;
  const path = joinPath(context.roots.pictures, listed.path);
  return {
    kind: 'row',
    listed,
    table,
    row: { subject, study, image, path, regions, referenceReport: referenceReportText },
  };
}

/** The order of the checks is the reference's: lists, picture, study, report, scene graph. */
async function examine(listed: ListedImage, context: Context): Promise<ImageOutcome> {
  try {
    if (isIgnoredImage(listed.image)) throw new Skip('ignored image');
    if (context.avoided.has(listed.image)) throw new Skip('image to avoid');
    const size = await orSkip(readPictureSize(joinPath(context.roots.pictures, listed.path)), PICTURE);
    const report = await reportOf(listed, context);
    const graph = await orSkip(readSceneGraph(context.files.sceneGraph(listed.image)), GRAPH);
    return outcomeOf(listed, graph, size, report, context);
  } catch (error) {
    if (!(error instanceof Skip)) throw error;
    const { reason, problem } = error;
    return { kind: 'skipped', listed, reason, ...(problem !== undefined && { problem }) };
  }
}

async function* behind<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let at = 0;
  for await (const item of items) if (at++ >= count) yield item;
}

/**
 * What becomes of each image of a split of Chest ImaGenome, in the order of its list: a row of RGRG's tables, or why there is none. Memory
 * does not grow with the data set. Unlike the reference, which dies there, an image that is not on the list of failed exposures but has no scene
 * graph is passed over with a reason, and so is one whose files cannot be read.
 *
 * Source: docs/reference/datasets.md#rrg-tables.
 * @throws {@link DataError} with file and line for a split list that cannot be used; the reason of an abort
 */
export async function* buildRrgRows(options: BuildRowsOptions): AsyncGenerator<ImageOutcome> {
  const { roots, split, signal, skipRows = 0, concurrency = 8 } = options;
  signal?.throwIfAborted();
  const files = await locateImagenome(roots.imagenome);
  const avoided = await readImagesToAvoid(files.imagesToAvoid, signal);
  const context: Context = { roots, files, avoided, phrases: options };
  const listed = behind(readSplitList(files.splitList(split), split, signal), skipRows);
  for await (const outcome of mapInOrder(listed, concurrency, (image) => examine(image, context))) {
    signal?.throwIfAborted();
    yield outcome;
  }
}
