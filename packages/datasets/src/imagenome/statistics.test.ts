import { expect, it } from 'vitest';
import { parseSceneGraph } from './scene-graph.js';
import { addToStatistics, emptyStatistics } from './statistics.js';

it('count objects and attribute items before any check of a box, duplicates and faulty ones included', () => {
  const box = { original_x1: 1, original_y1: 1, original_x2: 1, original_y2: 1 };
  const said = (name: string, flag: string) => ({ bbox_name: name, phrases: [], attributes: [[flag]] });
  const graph = parseSceneGraph(
    JSON.stringify({
      objects: ['carina', 'carina', 'svc', 'neck'].map((name) => ({ bbox_name: name, ...box })),
      attributes: [
        said('carina', ''),
        said('carina', 'nlp|yes|abnormal'),
        said('neck', ''),
        said('spine', ''),
      ],
    }),
    'g.json',
  );
  const statistics = emptyStatistics();
  addToStatistics(statistics, graph);
  expect(statistics).toEqual({
    images: 0,
    ignoredImages: 0,
    boxes: 3,
    normalBoxes: 1,
    abnormalBoxes: 2,
    boxesWithPhrases: 3,
    outlierBoxes: 1,
    boxesWithPhrasesByRegion: new Map([
      ['carina', 2],
      ['spine', 1],
    ]),
    outlierBoxesByName: new Map([['neck', 1]]),
  });
});
