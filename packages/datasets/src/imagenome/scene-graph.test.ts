import { DataError } from '@crrg/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regionsOfSceneGraph } from './regions.js';
import { lastOfRegion, parseSceneGraph } from './scene-graph.js';

const object = (name: string, ...[x1, y1, x2, y2]: unknown[]) => ({
  bbox_name: name,
  x1: 1,
  y1: 2,
  x2: 3,
  y2: 4,
  original_x1: x1,
  original_y1: y1,
  original_x2: x2,
  original_y2: y2,
});
const said = (name: string, phrases: unknown, attributes: unknown) => ({
  bbox_name: name,
  phrases,
  attributes,
});
const parse = (objects: unknown, attributes: unknown = []) =>
  parseSceneGraph(JSON.stringify({ objects, attributes }), 'g.json');
const size = { width: 100, height: 100 };

describe('a scene graph', () => {
  it('has two frames, of which the original pixels are read (trap T16)', () => {
    expect(parse([object('carina', 10, 20, 30, 40)]).objects).toEqual([
      { name: 'carina', box: { x1: 10, y1: 20, x2: 30, y2: 40 } },
    ]);
  });

  it('is abnormal only by the exact text nlp|yes|abnormal, in any of the lists', () => {
    const flags = ['nlp|yes|abnormal ', 'NLP|yes|abnormal', 'nlp|no|abnormal', 'nlp|yes|abnormal'];
    const graph = parse(
      [],
      flags.map((flag) => said('carina', ['a'], [['x'], [flag]])),
    );
    expect(graph.attributes.map(({ isAbnormal }) => isAbnormal)).toEqual([false, false, false, true]);
  });

  it('other names than the 29 regions stay for the statistics, without a box', () => {
    expect(parse([object('neck', 'no', 'numbers')]).objects).toEqual([{ name: 'neck', box: null }]);
  });

  it('is refused with file and place where a field that is used is missing or of another type', () => {
    const cases: [string, string][] = [
      ['secret{', 'g.json: expected JSON'],
      ['[]', 'g.json: expected an object'],
      ['{"objects":[]}', 'g.json: expected "attributes"'],
      [JSON.stringify({ objects: [7], attributes: [] }), 'g.json: expected "objects"'],
      [
        JSON.stringify({ objects: [{}], attributes: [] }),
        'g.json: objects[0]: expected a text for "bbox_name"',
      ],
      [
        JSON.stringify({ objects: [object('carina', 1, 2, '3', 4)], attributes: [] }),
        'g.json: objects[0]: expected a number of at most 10000000 for "original_x2"',
      ],
      [
        JSON.stringify({ objects: [object('carina', 1, 1e8, 3, 4)], attributes: [] }),
        'g.json: objects[0]: expected a number of at most 10000000 for "original_y1"',
      ],
      [
        JSON.stringify({ objects: [], attributes: [said('carina', 'secret', [])] }),
        'g.json: attributes[0]: expected a list of texts for "phrases"',
      ],
      [
        JSON.stringify({ objects: [], attributes: [said('carina', [], ['secret'])] }),
        'g.json: attributes[0]: expected a list of lists of texts for "attributes"',
      ],
      [JSON.stringify({ objects: Array(10_001).fill({}), attributes: [] }), 'g.json: expected "objects"'],
    ];
    for (const [text, message] of cases) {
      const read = () => parseSceneGraph(text, 'g.json');
      expect(read).toThrow(DataError);
      expect(read).toThrow(message);
      expect(read).not.toThrow('secret');
    }
  });

  it('anything that is JSON gives a graph or a DataError', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseSceneGraph(text, 'g.json');
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { seed: 1 },
    );
  });
});

describe('the regions of a scene graph', () => {
  it('are always 29, in order, without box and text where the graph says nothing', () => {
    const regions = regionsOfSceneGraph(parse([]), size);
    expect(regions).toHaveLength(29);
    expect(regions[0]).toEqual({ region: 'right lung', box: null, text: '', abnormal: false });
    expect(regions[28]!.region).toBe('abdomen');
  });

  it('of two objects of one name the last counts, even if its box is faulty', () => {
    const carinaOf = (...objects: unknown[]) => regionsOfSceneGraph(parse(objects), size)[27]!.box;
    const [good, other, bad] = [
      object('carina', 1, 2, 3, 4),
      object('carina', 5, 6, 7, 8),
      object('carina', 1, 2, 1, 4),
    ];
    expect(carinaOf(good, other)).toEqual({ x1: 5, y1: 6, x2: 7, y2: 8 });
    expect(carinaOf(good, bad)).toBeNull();
  });

  it('of two attribute items of one name the last counts', () => {
    const graph = parse(
      [],
      [said('carina', ['first.'], [['nlp|yes|abnormal']]), said('carina', ['second.'], [[]])],
    );
    expect(lastOfRegion(graph.attributes).get('carina')!.phrases).toEqual(['second.']);
    expect(regionsOfSceneGraph(graph, size)[27]).toMatchObject({ text: 'Second.', abnormal: false });
  });

  it('may be abnormal, and have a text, without a box', () => {
    const graph = parse([], [said('carina', ['wide.'], [['nlp|yes|abnormal']])]);
    expect(regionsOfSceneGraph(graph, size)[27]).toEqual({
      region: 'carina',
      box: null,
      text: 'Wide.',
      abnormal: true,
    });
  });

  it('clean their phrases in the mode that is asked for', () => {
    const graph = parse([], [said('carina', ['of 10 mm.'], [[]])]);
    expect(regionsOfSceneGraph(graph, size)[27]!.text).toBe('Of mm.');
    expect(regionsOfSceneGraph(graph, size, { mode: 'mended' })[27]!.text).toBe('Of 10 mm.');
  });
});
