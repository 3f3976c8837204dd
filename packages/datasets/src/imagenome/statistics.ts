import { isAnatomicalRegion } from '@crrg/core';
import { lastOfRegion, type SceneGraph } from './scene-graph.js';

/** Counts over the scene graphs of a split, before any check of a box; duplicates count, as in RGRG's `compute_stats_dataset.py`. */
export interface SplitStatistics {
  /** Images listed. */
  images: number;
  /** Failed exposures among them. Images to avoid are counted in `images` alone. */
  ignoredImages: number;
  boxes: number;
  normalBoxes: number;
  abnormalBoxes: number;
  /** Attribute items of the 29 regions. */
  boxesWithPhrases: number;
  /** Attribute items of other names, such as `neck`. */
  outlierBoxes: number;
  readonly boxesWithPhrasesByRegion: Map<string, number>;
  readonly outlierBoxesByName: Map<string, number>;
}

export const emptyStatistics = (): SplitStatistics => ({
  images: 0,
  ignoredImages: 0,
  boxes: 0,
  normalBoxes: 0,
  abnormalBoxes: 0,
  boxesWithPhrases: 0,
  outlierBoxes: 0,
  boxesWithPhrasesByRegion: new Map(),
  outlierBoxesByName: new Map(),
});

const countIn = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

/** Adds a scene graph to the counts. */
export function addToStatistics(statistics: SplitStatistics, graph: SceneGraph): void {
  for (const { name } of graph.attributes) {
    const isRegion = isAnatomicalRegion(name);
    statistics[isRegion ? 'boxesWithPhrases' : 'outlierBoxes'] += 1;
    countIn(isRegion ? statistics.boxesWithPhrasesByRegion : statistics.outlierBoxesByName, name);
  }
  const said = lastOfRegion(graph.attributes);
  for (const { name } of graph.objects) {
    if (!isAnatomicalRegion(name)) continue;
    statistics.boxes += 1;
    statistics[said.get(name)?.isAbnormal ? 'abnormalBoxes' : 'normalBoxes'] += 1;
  }
}
