import { readFile } from 'node:fs/promises';
import { encodePng, greyImage } from '@crrg/image';
import { decodeImage } from '@crrg/image/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createReportPipeline, loadRadiograph } from './node.js';

/** One film in many transfer syntaxes; its provenance lies beside it. */
const FILMS = new URL('../../image/src/dicom/__fixtures__/syntaxes/', import.meta.url);
const film = async (name: string) => new Uint8Array(await readFile(new URL(name, FILMS)));

let pipeline: Awaited<ReturnType<typeof createReportPipeline>>;
beforeAll(async () => {
  pipeline = await createReportPipeline({ model: 'tiny' });
});
afterAll(() => pipeline.dispose());

/** What is said of a film, and every score of it. */
async function answerOf(bytes: Uint8Array) {
  const report = await pipeline.generateReport(bytes, { numBeams: 1, classify: true });
  return {
    text: report.text,
    probability: report.classification![0]!.probability,
    scores: report.regions.map(({ selectionScore }) => selectionScore),
  };
}

// Measured: 0.0019 and 0.0003, both between 16 and 8 bits.
it('gets one report and one probability as PNG of 16 and 8 bits and as DICOM, lossless and lossy', async () => {
  const values = await decodeImage(await film('film-12bit.png'));
  const { width, height } = values;
  const spread = (most: number) => Array.from(values.data, (value) => Math.round((value / 4095) * most));
  const answers = [
    await answerOf(encodePng(greyImage(width, height, Uint16Array.from(spread(65_535))))),
    await answerOf(encodePng(greyImage(width, height, Uint8Array.from(spread(255))))),
  ];
  const names = ['jpeg-ls-lossless', 'jpeg-baseline', 'jpeg-extended', 'jpeg-ls-near', 'jpeg-2000', 'htj2k'];
  for (const name of names) answers.push(await answerOf(await film(`${name}.dcm`)));
  const [first] = answers;
  const furthest = (value: (answer: (typeof answers)[number]) => readonly number[]) =>
    Math.max(
      ...answers.flatMap((each) => value(each).map((score, at) => Math.abs(score - value(first!)[at]!))),
    );
  for (const { text } of answers) expect(text).toBe(first!.text);
  expect(furthest(({ probability }) => [probability])).toBeLessThan(0.005);
  expect(furthest(({ scores }) => scores)).toBeLessThan(0.002);
});

it('tells how the picture came about, and identifiers only where they are asked for', async () => {
  const bytes = await film('jpeg-ls-lossless.dcm');
  const { input } = await loadRadiograph(bytes);
  expect(input.dicom).toEqual({
    transferSyntax: '1.2.840.10008.1.2.4.80',
    range: { kind: 'window', center: 2048, width: 4096, function: 'LINEAR' },
    isInverted: false,
    bitsStored: 12,
    pixelSha256: '00ba42248448dbee2e6f95b442a7253f82594bfb2b3fcae36c31a46e289f771f',
  });
  const identified = await loadRadiograph(bytes, { identifiers: true });
  expect(identified.input.dicom?.identifiers?.sopInstanceUid).toBe('1.2.826.0.1.3680043.8.498.1');
});

it('says nothing of DICOM about another picture', async () => {
  expect((await loadRadiograph(await film('film-12bit.png'))).input).not.toHaveProperty('dicom');
});
