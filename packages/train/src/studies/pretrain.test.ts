import { createRandom } from '@crrg/core';
import { drawViews } from '@crrg/rclip';
import { describe, expect, it } from 'vitest';
import { asStudy } from './pretrain.js';
import type { TrainingStudy } from './read-studies.js';

const study: TrainingStudy = {
  subject: 'study 1',
  id: 's1',
  patient: undefined,
  split: 'train',
  images: ['ap1.png', 'ap2.png', 'pa.png', 'lateral.png', 'unknown.png'],
  views: ['AP', 'AP', 'PA', 'LATERAL', null],
  sections: ['Clear.'],
  backTranslations: ['Free.'],
  labels: new Map(),
};

describe('a study with three kinds of view', () => {
  it('gives one film each of two different kinds, and its text in both wordings', () => {
    const kind = (file: string) => file.replace(/\d?\.png$/, '');
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { images, texts } = drawViews(asStudy(study), createRandom(seed));
      expect(kind(images[0])).not.toBe(kind(images[1]));
      images.forEach((image) => seen.add(image));
      expect([...texts].sort()).toEqual(['Clear.', 'Free.']);
    }
    expect([...seen].sort()).toEqual(['ap1.png', 'ap2.png', 'lateral.png', 'pa.png']);
  });

  it('without views may pair any two films, and without other wordings its text with itself', () => {
    const { views: _, backTranslations: __, ...plain } = study;
    const draws = Array.from({ length: 30 }, (_, seed) => drawViews(asStudy(plain), createRandom(seed)));
    expect(draws.some(({ images }) => images.every((image) => image.startsWith('ap')))).toBe(true);
    expect(new Set(draws.flatMap(({ texts }) => texts))).toEqual(new Set(['Clear.']));
  });
});
