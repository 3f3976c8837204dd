import type { AnatomicalRegion } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { speaksOfOtherSide } from './laterality.js';

describe('a sentence of the other side', () => {
  it.each<[region: AnatomicalRegion, sentence: string, isOther: boolean]>([
    ['left lower lung zone', 'The right lung is clear and free of opacities.', true],
    ['right lung', 'Left-sided effusion.', true],
    ['right costophrenic angle', 'There is blunting on the left.', true],
    ['left clavicle', 'RIGHT clavicle fracture.', true],
    // Its own side, both sides, no side.
    ['left lower lung zone', 'The left lung is clear.', false],
    ['left lung', 'The right lung is clearer than the left.', false],
    ['left lung', 'Bilateral opacities.', false],
    ['left lung', 'The lungs are clear.', false],
    // A side that belongs to a name says nothing of the place.
    ['left lung', 'A right PICC line is in place.', false],
    ['left lung', 'A right-sided central line ends in the SVC.', false],
    ['right lung', 'The left ventricle is enlarged.', false],
    ['left hilar structures', 'The right atrium is prominent.', false],
    ['right lung', 'The aorta is upright.', false],
    // Regions without a side, and the chamber that is named by one.
    ['cardiac silhouette', 'The right lung is clear.', false],
    ['right atrium', 'The left lung is clear.', false],
  ])('of %s: "%s": %s', (region, sentence, isOther) => {
    expect(speaksOfOtherSide(region, sentence)).toBe(isOther);
  });
});
