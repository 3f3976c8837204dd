import { parseSceneGraph, regionsOfSceneGraph } from '@crrg/datasets';
import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { TEXT_LIMITS } from '../read-score-files.js';

const GRAPH = JSON.stringify({
  image_id: 'a',
  objects: ['carina', 'left lung', 'left chest wall'].map((bbox_name, at) => ({
    ...{ bbox_name, x1: 1, original_x1: at, original_y1: 2 },
    ...{ original_x2: 50 + at, original_y2: 60.5 },
  })),
  attributes: [
    {
      bbox_name: 'carina',
      phrases: ['WET READ: 10:30 AM. The carina is 10 mm wide.', 'COMPARISON: none. 1. Clear.'],
      attributes: [['nlp|yes|abnormal', 'anatomicalfinding|no|lung opacity'], ['nlp|yes|normal']],
    },
    { bbox_name: 'neck', phrases: [], attributes: [] },
  ],
});

/** Scene graphs of Chest ImaGenome. */
export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(() => Promise.resolve([utf8(GRAPH)]), TEXT_MUTATORS, BYTE_MUTATORS),
  read: async (bytes) => {
    const graph = parseSceneGraph(new TextDecoder().decode(bytes), 'case.json');
    for (const mode of ['strict', 'mended'] as const)
      regionsOfSceneGraph(graph, { width: 100, height: 80 }, { mode });
  },
};
