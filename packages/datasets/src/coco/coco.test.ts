import { describe, expect, it } from 'vitest';
import { createSkipCounts } from '../studies/skips.js';
import { cocoRegionStudy, cocoStudy, parseCoco } from './coco.js';

const file = {
  images: [
    { id: 7, file_name: 'a.png', width: 100, height: 80 },
    { id: 3, file_name: 'b.png', width: 100, height: 80 },
  ],
  categories: [
    { id: 1, name: 'right lung' },
    { id: 9, name: 'carina' },
    { id: 4, name: 'tube' },
  ],
  annotations: [
    { id: 1, image_id: 7, category_id: 9, bbox: [1, 2, 3, 4] },
    { id: 2, image_id: 7, category_id: 1, bbox: [0, 0, 2, 2] },
    { id: 3, image_id: 7, category_id: 1, bbox: [0, 0, 5.5, 6] },
    { id: 4, image_id: 7, category_id: 4, bbox: [0, 0, 1, 1] },
  ],
};
const parse = (change: object = {}) => parseCoco(JSON.stringify({ ...file, ...change }), 'F');

describe('a COCO file', () => {
  it('has boxes of left, top, width and height, joined to images and categories by id', () => {
    const { categories, images } = parse();
    expect(categories).toEqual(['right lung', 'carina', 'tube']);
    expect(images[0]!.boxes[0]).toEqual({ category: 'carina', box: { x1: 1, y1: 2, x2: 4, y2: 6 } });
    expect(images[1]).toEqual({ file: 'b.png', width: 100, height: 80, boxes: [] });
  });

  it('makes studies with a label for each category, 0 without a box', () => {
    const { categories, images } = parse();
    expect(images.map((image) => cocoStudy(image, categories, 'valid').labels)).toEqual([
      { 'right lung': 1, carina: 1, tube: 1 },
      { 'right lung': 0, carina: 0, tube: 0 },
    ]);
  });

  it('makes region studies of the categories that are regions, in their order, the largest box of each', () => {
    const skips = createSkipCounts();
    expect(cocoRegionStudy(parse().images[0]!, 'train', skips).regions).toEqual([
      { region: 'right lung', box: { x1: 0, y1: 0, x2: 5.5, y2: 6 }, text: '', abnormal: false },
      { region: 'carina', box: { x1: 1, y1: 2, x2: 4, y2: 6 }, text: '', abnormal: false },
    ]);
    expect(skips.counts).toEqual({ 'second box of a region': 1, 'box of no region': 1 });
  });

  it.each([
    ['no list', { images: {} }, 'F: expected a list of objects for images'],
    ['an id twice', { images: [file.images[0], file.images[0]] }, 'F: images[1]: expected an id of its own'],
    [
      'a name twice',
      { categories: [file.categories[0], { id: 2, name: 'right lung' }] },
      'F: expected each category once',
    ],
    [
      'an unknown image',
      { annotations: [{ image_id: 1, category_id: 1, bbox: [0, 0, 1, 1] }] },
      'F: annotations[0]: expected the id',
    ],
    [
      'a box without a size',
      { annotations: [{ image_id: 7, category_id: 1, bbox: [0, 0, 0, 1] }] },
      'F: annotations[0]: expected left',
    ],
    [
      'an image without a size',
      { images: [{ id: 7, file_name: 'a' }], annotations: [] },
      'F: images[0]: expected file_name, width',
    ],
  ])('is refused for %s', (_, change, message) => {
    expect(() => parse(change)).toThrow(message);
    expect(() => parseCoco('{', 'F')).toThrow('F: expected JSON');
  });
});
