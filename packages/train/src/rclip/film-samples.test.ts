import { createRandom } from '@crrg/core';
import { greyImage, IMAGENET_PREPROCESSING, type GreyImage } from '@crrg/image';
import { createWordPieceTokenizer, trainWordPieces, type Study } from '@crrg/rclip';
import { expect, it } from 'vitest';
import { plainFilmInput } from './film-input.js';
import { probeFilms, rclipSampleSource } from './film-samples.js';

const SIZE = 16;
const film = (seed: number): GreyImage => {
  const random = createRandom(seed);
  return greyImage(
    24,
    20,
    Uint8Array.from({ length: 480 }, () => random.integer(256)),
  );
};
const films: Readonly<Record<string, GreyImage>> = { a: film(1), b: film(2) };
const preprocessing = { ...IMAGENET_PREPROCESSING, size: SIZE };
const texts = ['the lungs are clear', 'there is an opacity'];
const tokenizer = createWordPieceTokenizer(trainWordPieces(texts, { vocabSize: 80 }));
const options = {
  load: (name: string) => films[name]!,
  preprocessing,
  tokenizer,
  maxLength: 5,
  augment: false,
};
const study: Study<string> = { id: 's', images: [{ image: 'a' }, { image: 'b' }], sections: texts };
const plain = (name: string) => plainFilmInput(films[name]!, preprocessing);

it('a sample that is not to change has both films as inference sees them and both sections, cut', async () => {
  const source = rclipSampleSource(study, options);
  const sample = await source(createRandom(1));
  expect(sample).toEqual(await source(createRandom(2)));
  expect(sample.images).toEqual([plain('a'), plain('b')]);
  expect(sample.texts).toEqual(texts.map((text) => tokenizer.encode(text, { maxLength: 5 }).tokenIds));
  expect(sample.texts[0]).toHaveLength(5);
});

it('a sample that changes is decided by the generator alone, also where its study is made up', async () => {
  const made: Study<string>[] = [];
  const source = rclipSampleSource(
    (random) => {
      made.push({ ...study, sections: [texts[random.integer(2)]!] });
      return made.at(-1)!;
    },
    { ...options, augment: true },
  );
  const sample = await source(createRandom(3));
  expect(sample).toEqual(await source(createRandom(3)));
  expect(sample.images[0]).not.toEqual((await source(createRandom(4))).images[0]);
  expect([plain('a'), plain('b')]).not.toContainEqual(sample.images[0]);
  expect(made).toHaveLength(3);
});

it('a sample of sentences has one of each text, drawn anew each time', async () => {
  const report: Study<string> = { ...study, sections: ['The lungs are clear. There is an opacity.'] };
  const source = rclipSampleSource(report, { ...options, maxLength: 20, text: 'sentence' });
  const tokens = (text: string) => tokenizer.encode(text, { maxLength: 20 }).tokenIds;
  const both = ['The lungs are clear.', 'There is an opacity.'].map(tokens);
  const seen = new Set<number>();
  for (let seed = 0; seed < 8; seed++)
    for (const text of (await source(createRandom(seed))).texts)
      seen.add(both.findIndex((sentence) => sentence.join() === text.join()));
  expect([...seen].sort()).toEqual([0, 1]);
});

it('films for the probe keep their targets, and change only with a generator', async () => {
  const labelled = [
    { film: 'b', targets: [1, 0] },
    { film: 'a', targets: [NaN, 1] },
  ];
  const collect = async (random?: ReturnType<typeof createRandom>) => {
    const all = [];
    for await (const each of probeFilms(labelled, options, random)) all.push(each);
    return all;
  };
  expect(await collect()).toEqual([
    { input: plain('b'), targets: [1, 0] },
    { input: plain('a'), targets: [NaN, 1] },
  ]);
  const changed = await collect(createRandom(1));
  expect(changed.map(({ targets }) => targets)).toEqual([
    [1, 0],
    [NaN, 1],
  ]);
  expect(changed[0]!.input).not.toEqual(plain('b'));
});
