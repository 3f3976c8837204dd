import { ANATOMICAL_REGIONS, type Size } from '@crrg/core';
import type { RegionAnnotation } from '../region-study.js';
import { usableBox } from './boxes.js';
import { cleanPhrases, type PhraseOptions } from './phrases.js';
import { lastOfRegion, type SceneGraph } from './scene-graph.js';

/**
 * The 29 regions of a film from its scene graph, in their order, each with its box (null where it has no usable one) and its text (empty where
 * the report says nothing of it).
 *
 * Source: docs/reference/datasets.md#boxes and docs/reference/datasets.md#phrases.
 * @param size of the stored picture
 */
export function regionsOfSceneGraph(
  graph: SceneGraph,
  size: Size,
  options: PhraseOptions = {},
): RegionAnnotation[] {
  const objects = lastOfRegion(graph.objects);
  const attributes = lastOfRegion(graph.attributes);
  return ANATOMICAL_REGIONS.map((region) => {
    const box = objects.get(region)?.box;
    const said = attributes.get(region);
    return {
      region,
      box: box ? usableBox(box, size) : null,
      text: said ? cleanPhrases(said.phrases, options) : '',
      abnormal: said?.isAbnormal ?? false,
    };
  });
}
