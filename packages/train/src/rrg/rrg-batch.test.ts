import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import { microConfig } from '../__fixtures__/micro-config.js';
import { microFilm } from '../__fixtures__/micro-training.js';
import { parseRrgConfig } from '@crrg/pipeline';
import { packRrgBatch, rrgBatchInputs, type RrgSample } from './rrg-batch.js';

const config = microConfig();
const { numRegions } = config.detector;
const { eosTokenId, padTokenId } = config.reportGen;
const NOTHING = { rpn: { positives: [], negatives: [], boxDeltas: new Float32Array() } };
const targets = [0, 1].map(() => ({
  ...NOTHING,
  roi: { boxes: new Float32Array(4), labels: new Int32Array(1), boxDeltas: new Float32Array(4) },
}));
const film = (shift: number) => microFilm(shift)(createRandom(1)) as RrgSample;
/** The second film says something shorter of its third region too. */
const second = film(2);
const samples = [
  film(0),
  {
    ...second,
    phrases: second.phrases.map((phrase, region) => (region === 2 ? [eosTokenId, 7, eosTokenId] : phrase)),
  },
];

describe('a batch of films', () => {
  const pack = (training: boolean) => packRrgBatch(samples, targets, config, { stage: 'full', training });
  const list = (batch: ReturnType<typeof pack>, name: string) => [...batch[name]!.data].map(Number);

  it('reads in training the regions with a phrase, in validation all, the others as an empty text', () => {
    const training = pack(true);
    expect(list(training, 'textRows')).toEqual([0, numRegions, numRegions + 2]);
    expect(training['tokenIds']!.shape).toEqual([3, 5]);
    const words = [eosTokenId, 40, 41, 42, eosTokenId];
    expect(list(training, 'tokenIds')).toEqual([
      ...words,
      ...words,
      eosTokenId,
      7,
      eosTokenId,
      padTokenId,
      padTokenId,
    ]);
    expect(list(training, 'attentionMask').slice(10)).toEqual([1, 1, 1, 0, 0]);

    const validation = pack(false);
    expect(list(validation, 'textRows')).toEqual([...new Array(2 * numRegions).keys()]);
    expect(list(validation, 'tokenIds').slice(5, 10)).toEqual([
      eosTokenId,
      eosTokenId,
      ...new Array<number>(3).fill(padTokenId),
    ]);
    expect(list(validation, 'attentionMask').slice(5, 10)).toEqual([1, 1, 0, 0, 0]);
  });

  it('reads in validation no text of a region of which nothing is known', () => {
    const isKnown = (region: number) => region < 2;
    const isAnnotated = second.phrases.map((_, region) => isKnown(region));
    const partly = [samples[0]!, { ...samples[1]!, isAnnotated }];
    const options = { stage: 'full', training: false, partial: true } as const;
    const rows = list(packRrgBatch(partly, targets, config, options), 'textRows');
    // A phrase that is there all the same is read.
    expect(rows).toEqual([...new Array(numRegions).keys(), numRegions, numRegions + 1, numRegions + 2]);
    const isDescribed = isAnnotated.map(() => false);
    const silent = [
      samples[0]!,
      { ...second, isAnnotated, isDescribed, phrases: isDescribed.map(() => undefined) },
    ];
    expect(list(packRrgBatch(silent, targets, config, options), 'textRows')).toEqual([
      ...new Array(numRegions).keys(),
    ]);
  });

  it('says of each region whether it has a phrase, and whether it is abnormal', () => {
    const batch = pack(true);
    const marked = (name: string) => list(batch, name).flatMap((flag, index) => (flag === 1 ? [index] : []));
    expect(marked('hasPhrase')).toEqual([0, numRegions, numRegions + 2]);
    expect(marked('isAbnormal')).toEqual([1, numRegions + 1]);
  });

  it('has as many regions as the detector', () => {
    const few = parseRrgConfig({ ...config, detector: { ...config.detector, numRegions: 5 } });
    expect(rrgBatchInputs(few, 'classifiers', 2)['hasPhrase']!.shape).toEqual([2, 5]);
    const batch = packRrgBatch(samples, targets, few, { stage: 'classifiers', training: true });
    expect(batch['hasPhrase']!.shape).toEqual([2, 5]);
  });

  it('has one row that does not count where no region has a phrase', () => {
    const silent = samples.map((sample) => ({ ...sample, phrases: sample.phrases.map(() => undefined) }));
    const batch = packRrgBatch(silent, targets, config, { stage: 'full', training: true });
    expect(batch['tokenIds']!.shape).toEqual([1, 2]);
    expect([...batch['attentionMask']!.data]).toEqual([0, 0]);
  });
});
