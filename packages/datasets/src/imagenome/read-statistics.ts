import type { StudySplit } from '../region-study.js';
import { isIgnoredImage } from './ignored-images.js';
import { readSceneGraph } from './read-scene-graph.js';
import { locateImagenome } from './roots.js';
import { readImagesToAvoid, readSplitList } from './split-lists.js';
import { addToStatistics, emptyStatistics, type SplitStatistics } from './statistics.js';

/**
 * Counts over the scene graphs of a split, those of images without a picture or report too; images without a scene graph count in `images` alone.
 *
 * Source: docs/reference/datasets.md#observed-on-made-up-trees.
 * @param imagenome folder with `silver_dataset`
 */
export async function computeSplitStatistics(
  imagenome: string,
  split: StudySplit,
  signal?: AbortSignal,
): Promise<SplitStatistics> {
  const files = await locateImagenome(imagenome);
  const avoided = await readImagesToAvoid(files.imagesToAvoid, signal);
  const statistics = emptyStatistics();
  for await (const { image } of readSplitList(files.splitList(split), split, signal)) {
    signal?.throwIfAborted();
    statistics.images += 1;
    if (isIgnoredImage(image)) statistics.ignoredImages += 1;
    else if (!avoided.has(image)) {
      const graph = await readSceneGraph(files.sceneGraph(image));
      if (graph) addToStatistics(statistics, graph);
    }
  }
  return statistics;
}
