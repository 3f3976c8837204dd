import { ANATOMICAL_REGIONS, type ProgressEvent } from '@crrg/core';
import { greyImage } from '@crrg/image';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import { microRclip } from './__fixtures__/micro-rclip.js';
import { describeRegion } from './describe-region.js';
import { generateReport, generateReports } from './generate-report.js';
import type { ClassifierNetwork, ReportNetworks } from './networks.js';
import type { Report } from './report.js';
import type { RegionsEvent, SentenceEvent } from './stream/report-event.js';

const MODEL = microModel();
const WIDTH = 8;
const NUMBERS = ANATOMICAL_REGIONS.map((_, region) => region);
const RADIOGRAPH = {
  image: greyImage(
    200,
    150,
    Uint8Array.from({ length: 30_000 }, (_, at) => at % 256),
  ),
  input: { file: 'film.png', width: 200, height: 150, sha256: 'abc' },
  doubts: [],
};
const probability = (logit: number) => Math.fround(1 / (1 + Math.exp(-logit)));

/** Networks that give every region numbers by which it is known; 3 and 5 are selected, 2 is not detected. */
const NETWORKS = {
  model: MODEL,
  backend: createReferenceBackend(),
  dtype: 'fp32',
  maxBeams: 4,
  detector: {
    detect: async () => [
      {
        // 200 x 150 becomes 128 x 96, with 16 rows of padding above: 1 pixel of the network is 1.5625 of the picture.
        boxes: Float32Array.from(NUMBERS.flatMap((region) => [region, 16 + 2 * region, 64 + region, 128])),
        scores: Float32Array.from(NUMBERS, (region) => region / 32),
        isDetected: NUMBERS.map((region) => region !== 2),
        regionFeatures: Float32Array.from(NUMBERS.flatMap((region) => new Array<number>(WIDTH).fill(region))),
      },
    ],
    boxFeatures: async (_: unknown, [x1, y1, x2, y2]: Float32Array) =>
      Float32Array.from({ length: WIDTH }, (_, at) => [x1!, y1!, x2!, y2!][at] ?? 0),
  },
  selector: {
    select: async (features: Float32Array, isDetected: Uint8Array) => ({
      selectionLogits: Float32Array.from(isDetected, (_, row) => features[row * WIDTH]! / 10),
      abnormalityLogits: Float32Array.from(isDetected, (_, row) => -features[row * WIDTH]! / 5),
      isSelected: Uint8Array.from(isDetected, (_, row) => (row === 3 || row === 5 ? 1 : 0)),
    }),
  },
  generator: {
    generate: async (features: Float32Array) =>
      Array.from({ length: features.length / WIDTH }, (_, row) => ({
        tokenIds: [],
        text: `Sentence of ${features.subarray(row * WIDTH, row * WIDTH + 4).join(' ')}.`,
        meanTokenLogProb: -features[row * WIDTH]!,
      })),
  },
} as unknown as ReportNetworks;

describe('what a report is made of', () => {
  it('is for every region its own box, scores and sentence', async () => {
    const report = await generateReport(NETWORKS, RADIOGRAPH, {});
    expect(report.findings).toEqual(
      [3, 5].map((region) => ({
        region: ANATOMICAL_REGIONS[region],
        sentence: `Sentence of ${region} ${region} ${region} ${region}.`,
        box: { x1: region * 1.5625, y1: 2 * region * 1.5625, x2: (64 + region) * 1.5625, y2: 150 },
        meanTokenLogProb: -region,
      })),
    );
    expect(report.text).toBe('Sentence of 3 3 3 3. Sentence of 5 5 5 5.');
    for (const [region, result] of report.regions.entries()) {
      const isDetected = region !== 2;
      expect(result).toMatchObject({
        name: ANATOMICAL_REGIONS[region],
        status: !isDetected ? 'not-detected' : region === 3 || region === 5 ? 'described' : 'detected',
        detectionScore: isDetected ? region / 32 : 0,
        selectionScore: isDetected ? probability(Math.fround(region / 10)) : 0,
        abnormalityScore: isDetected ? probability(Math.fround(-region / 5)) : 0,
      });
    }
    expect(report.regions[2]!.box).toBeNull();
    expect(report.input).toBe(RADIOGRAPH.input);
    expect(report.provenance.inputSha256).toBe('abc');
  });

  it('is told as it comes about: regions before the first word, a sentence as soon as it is finished', async () => {
    const order: string[] = [];
    const told: object[] = [];
    const networks = {
      ...NETWORKS,
      selector: {
        select: async (features: Float32Array, isDetected: Uint8Array) => ({
          ...(await NETWORKS.selector.select(features, isDetected)),
          abnormalityLogits: Float32Array.from(isDetected, (_, row) => (row === 5 ? 9 : -9)),
        }),
      },
      generator: {
        generate: async (
          _: Float32Array,
          { onSentence }: { onSentence: (row: number, said: object) => void },
        ) => {
          const said = ['The lung is clear.', 'The lung is clear.'].map((text) => ({
            text,
            meanTokenLogProb: -1,
          }));
          for (const row of [1, 0]) {
            onSentence(row, said[row]!);
            order.push('more words');
          }
          return said;
        },
      },
    } as unknown as ReportNetworks;
    const options = {
      onProgress: (event: ProgressEvent) => void (event.type === 'stage-start' && order.push(event.stage)),
    };
    const onEvent = (film: number, event: RegionsEvent | SentenceEvent) => {
      order.push(event.type);
      told.push({ film, ...event });
    };
    const [outcome] = await generateReports({ networks, options, onEvent }, [RADIOGRAPH]);
    expect(order).toEqual([
      ...['preprocess', 'detector', 'regionSelector', 'regions', 'reportGen'],
      ...['sentence', 'more words', 'sentence', 'more words', 'assemble'],
    ]);
    const { report } = outcome as { report: Report };
    expect(told[0]).toMatchObject({ film: 0, input: report.input, regions: report.regions });
    expect(told.slice(1)).toEqual([
      {
        ...{ film: 0, type: 'sentence', finding: report.findings[1] },
        doubts: [
          expect.objectContaining({
            code: 'sentence-against-score',
            message: expect.stringContaining(ANATOMICAL_REGIONS[5]) as string,
          }),
        ],
      },
      { film: 0, type: 'sentence', finding: report.findings[0], doubts: [] },
    ]);
  });

  it('names the beams and the length that were searched with', async () => {
    const optionsOf = async (maxBeams: number, options: object) =>
      (await generateReport({ ...NETWORKS, maxBeams }, RADIOGRAPH, options)).provenance.options;
    expect(await optionsOf(4, {})).toMatchObject({ numBeams: 4, maxLength: 24 });
    expect(await optionsOf(2, {})).toMatchObject({ numBeams: 2 });
    expect(await optionsOf(6, {})).toMatchObject({ numBeams: 4 });
    expect(await optionsOf(6, { numBeams: 5, maxLength: 7 })).toMatchObject({ numBeams: 5, maxLength: 7 });
    expect(await optionsOf(6, { maxLength: 1000 })).toMatchObject({ maxLength: 24 });
  });

  it('has the labels of the classifier that it is given, with heat maps only where those are asked for', async () => {
    const explained: string[] = [];
    const classifier = {
      model: microRclip(),
      rclip: {
        classify: async () => [[{ label: 'Pneumonia', probability: 0.5, threshold: 0.4, positive: true }]],
        explain: async (_: unknown, { label }: { label: string }) => {
          explained.push(label);
          return { height: 1, width: 1, heatmap: [1] };
        },
      },
    } as unknown as ClassifierNetwork;
    const alone = await generateReport(NETWORKS, RADIOGRAPH, { explain: true });
    expect(alone).not.toHaveProperty('classification');
    const plain = await generateReport(NETWORKS, RADIOGRAPH, {}, classifier);
    expect(plain.provenance.classifier?.name).toBe('micro-rclip');
    expect(plain.classification).toEqual([
      { label: 'Pneumonia', probability: 0.5, threshold: 0.4, positive: true, model: 'micro-rclip 3' },
    ]);
    expect(explained).toEqual([]);
    const shown = await generateReport(NETWORKS, RADIOGRAPH, { explain: true }, classifier);
    expect(shown.classification![0]!.heatMap).toMatchObject({ height: 1, width: 1, values: [1] });
    expect(explained).toEqual(['Pneumonia']);
  });
});

describe('what a description is made of', () => {
  const describeBox = (x1: number, y1: number, x2: number, y2: number) =>
    describeRegion(NETWORKS, RADIOGRAPH, { box: { x1, y1, x2, y2 } }, {});

  it('is the place that was asked for, in the frame of the network, cut to the picture', async () => {
    expect(await describeBox(50, 25, 100, 75)).toMatchObject({
      region: null,
      box: { x1: 50, y1: 25, x2: 100, y2: 75 },
      sentence: 'Sentence of 32 32 64 64.',
      selectionScore: probability(Math.fround(3.2)),
      abnormalityScore: probability(Math.fround(-6.4)),
    });
    expect(await describeBox(-50, -25, 1000, 75)).toMatchObject({
      box: { x1: 0, y1: 0, x2: 200, y2: 75 },
      sentence: 'Sentence of 0 16 128 64.',
    });
  });

  it('is at least one pixel wide and high', async () => {
    expect((await describeBox(10, 10, 11, 11)).box).toEqual({ x1: 10, y1: 10, x2: 11, y2: 11 });
    for (const [x2, y2] of [
      [10.9, 20],
      [20, 10.9],
      [10, 20],
      [NaN, 20],
    ] as const)
      await expect(describeBox(10, 10, x2, y2)).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(describeBox(199.5, 10, 300, 20)).rejects.toThrow('at least one pixel inside 200 x 150');
  });

  it('is the region that was asked for, where it was detected', async () => {
    const describeNamed = (region: string) =>
      describeRegion(NETWORKS, RADIOGRAPH, { region: region as 'spine' }, {});
    expect(await describeNamed(ANATOMICAL_REGIONS[4])).toMatchObject({
      region: ANATOMICAL_REGIONS[4],
      box: { x1: 6.25, y1: 12.5, x2: 106.25, y2: 150 },
      sentence: 'Sentence of 4 4 4 4.',
      meanTokenLogProb: -4,
    });
    await expect(describeNamed(ANATOMICAL_REGIONS[2])).rejects.toThrow('was not detected');
    await expect(describeNamed('left knee')).rejects.toThrow('expected one of the 29 anatomical regions');
  });
});
