import { ANATOMICAL_REGIONS, createRandom, DisposedError, type ProgressEvent } from '@crrg/core';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { encodePng, greyImage, type GreyImage } from '@crrg/image';
import type { Backend } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import {
  createReportPipeline,
  describeRegion,
  generateReport,
  loadRadiograph,
  type ReportPipeline,
} from './node.js';
import type { ImageSource, Report, ReportGenDType } from './node.js';

function noise(width: number, height: number, seed: number): GreyImage {
  const random = createRandom(seed);
  return greyImage(
    width,
    height,
    Uint8Array.from({ length: width * height }, () => random.integer(256)),
  );
}

const IMAGE = noise(200, 150, 1);
const withoutTimes = ({ provenance: { durations: _, ...provenance }, ...report }: Report) => ({
  ...report,
  provenance,
});

let backend: Backend;
let pipeline: ReportPipeline<ImageSource>;
let report: Report;

beforeAll(async () => {
  backend = await createOnnxBackend();
  pipeline = await createReportPipeline({ model: microModel(), backend });
  report = await pipeline.generateReport(IMAGE);
});

afterAll(() => {
  pipeline.dispose();
  backend.dispose();
});

describe('a report', () => {
  it('says of each of the 29 regions what was found, and is plain JSON', () => {
    expect(report.schema).toBe('crrg/report/1');
    expect(report.regions.map(({ name }) => name)).toEqual(ANATOMICAL_REGIONS);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.intendedUse).toMatch(/not a medical device/);
  });

  it('has a finding for every described region and for no other, in the same order', () => {
    const described = report.regions.filter(({ status }) => status === 'described');
    expect(described.length).toBeGreaterThan(1);
    expect(report.findings.map(({ region, box }) => [region, box])).toEqual(
      described.map(({ name, box }) => [name, box]),
    );
    for (const { meanTokenLogProb } of report.findings) expect(meanTokenLogProb).toBeLessThan(0);
  });

  it('gives boxes inside the picture, in its pixels, and scores that are probabilities', () => {
    for (const { status, box, ...scores } of report.regions) {
      const { detectionScore, selectionScore, abnormalityScore } = scores;
      if (status === 'not-detected') {
        expect([box, detectionScore, selectionScore, abnormalityScore]).toEqual([null, 0, 0, 0]);
        continue;
      }
      for (const score of [detectionScore, selectionScore, abnormalityScore]) {
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThan(1);
      }
      expect(Math.min(box!.x1, box!.y1)).toBeGreaterThanOrEqual(0);
      expect(box!.x2).toBeLessThanOrEqual(IMAGE.width);
      expect(box!.y2).toBeLessThanOrEqual(IMAGE.height);
      expect(box!.x1).toBeLessThanOrEqual(box!.x2);
      expect(box!.y1).toBeLessThanOrEqual(box!.y2);
    }
  });

  it('tells where it comes from', () => {
    const { provenance, input } = report;
    expect(provenance.model).toEqual({ name: 'micro', version: '1', sha256: '0'.repeat(64) });
    expect(input).toMatchObject({ file: null, width: 200, height: 150 });
    expect(provenance.inputSha256).toBe(input.sha256);
    expect(input.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(provenance.backend).toBe(backend.name);
    expect(provenance.options).toEqual({ numBeams: 4, maxLength: 24, similarity: 'exact' });
    expect(Object.keys(provenance.durations)).toEqual([
      'preprocess',
      'detector',
      'regionSelector',
      'reportGen',
      'assemble',
    ]);
  });

  it('is the same for the same picture, except for the times', async () => {
    expect(withoutTimes(await pipeline.generateReport(IMAGE))).toEqual(withoutTimes(report));
  });

  it('is made of a radiograph that was loaded before, with the name it got', async () => {
    const loaded = await loadRadiograph(encodePng(IMAGE), { name: 'a film' });
    const named = await pipeline.generateReport(loaded);
    expect(named.input).toEqual({ ...loaded.input, file: 'a film' });
    expect(named.findings).toEqual(report.findings);
  });

  it('is valid and empty where no region is selected', async () => {
    const empty = await generateReport(IMAGE, { model: microModel(100), backend });
    expect([empty.text, empty.findings]).toEqual(['', []]);
    expect(empty.regions).toHaveLength(29);
    expect(empty.regions.some(({ status }) => status === 'described')).toBe(false);
    expect(empty.regions.some(({ status }) => status === 'detected')).toBe(true);
  });

  it('takes fewer beams and shorter sentences, and says so', async () => {
    const short = await pipeline.generateReport(IMAGE, { numBeams: 1, maxLength: 4 });
    expect(short.provenance.options).toMatchObject({ numBeams: 1, maxLength: 4 });
  });

  it('says that its weights are quantised, which move boxes by hundredths of a pixel', async () => {
    const written = async (dtype?: ReportGenDType) =>
      generateReport(IMAGE, { model: microModel(), backend, ...(dtype && { dtype }) });
    const exact = await written();
    expect(exact.provenance.options).not.toHaveProperty('dtype');
    expect((await written('fp32')).findings).toEqual(exact.findings);
    for (const dtype of ['q8', 'q4'] as const) {
      const quantized = await written(dtype);
      expect(quantized.provenance.options.dtype).toBe(dtype);
      expect(quantized.regions.map(({ name, status }) => [name, status])).toEqual(
        exact.regions.map(({ name, status }) => [name, status]),
      );
      quantized.regions.forEach(({ box }, index) => {
        const expected = exact.regions[index]!.box;
        for (const side of ['x1', 'y1', 'x2', 'y2'] as const)
          if (box && expected) expect(box[side]).toBeCloseTo(expected[side], 1);
      });
      expect(quantized.regions).not.toEqual(exact.regions);
      expect(quantized.findings.map((finding) => finding.meanTokenLogProb)).not.toEqual(
        exact.findings.map((finding) => finding.meanTokenLogProb),
      );
    }
  });

  it('refuses quantised weights of a name that there is not, and on an engine without them', async () => {
    const create = (dtype: string, on: Backend) =>
      createReportPipeline({ model: microModel(), backend: on, dtype: dtype as ReportGenDType });
    await expect(create('int8', backend)).rejects.toThrow(
      'dtype must be fp32, q8, q4, got "int8"; choose one of them.',
    );
    await expect(create('q8', createReferenceBackend())).rejects.toThrow(
      'reference.compile: expected weights in fp32, got quantised ones',
    );
  });

  it('records the beams that it searched with where more were allowed', async () => {
    const wide = await generateReport(IMAGE, { model: microModel(), backend, maxBeams: 6 });
    expect(wide.provenance.options.numBeams).toBe(4);
    expect(wide.text).toBe(report.text);
  });
});

describe('a description', () => {
  it('says of a region what the report says', async () => {
    for (const finding of report.findings) {
      const described = await pipeline.describeRegion(IMAGE, { region: finding.region });
      expect(described).toMatchObject({ region: finding.region, box: finding.box });
      expect(described.sentence).toBe(finding.sentence);
      expect(described.meanTokenLogProb).toBeCloseTo(finding.meanTokenLogProb, 3);
    }
  });

  it('reads a box that a person drew, cut to the picture', async () => {
    const described = await describeRegion(
      IMAGE,
      { box: { x1: -10, y1: 20, x2: 90, y2: 500 } },
      { model: microModel(), backend },
    );
    expect(described.region).toBeNull();
    expect(described.box).toEqual({ x1: 0, y1: 20, x2: 90, y2: 150 });
    expect(described.abnormalityScore).toBeGreaterThan(0);
    expect(described.sentence).not.toBe('');
  });

  it('refuses a box outside the picture and a region that was not detected', async () => {
    const outside = { box: { x1: 300, y1: 0, x2: 400, y2: 50 } };
    await expect(pipeline.describeRegion(IMAGE, outside)).rejects.toThrow(/inside 200 x 150/);
    const absent = report.regions.find(({ status }) => status === 'not-detected')!;
    await expect(pipeline.describeRegion(IMAGE, { region: absent.name })).rejects.toThrow(
      `${absent.name} was not detected`,
    );
  });
});

describe('a pipeline', () => {
  it('refuses a picture too small to show a chest', async () => {
    await expect(pipeline.generateReport(noise(1, 1, 1))).rejects.toMatchObject({ code: 'IMAGE' });
  });

  it.each(['detector.proposals', 'reportGen', 'token'])(
    'stops at %s on abort, gives the reason and keeps no tensor',
    async (moment) => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const before = backend.liveTensors();
      const onProgress = (event: ProgressEvent) => {
        if (event.type === moment || (event.type === 'stage-start' && event.stage === moment))
          controller.abort(reason);
      };
      const stopped = pipeline.generateReport(IMAGE, { signal: controller.signal, onProgress });
      await expect(stopped).rejects.toBe(reason);
      expect(backend.liveTensors()).toBe(before);
      expect(withoutTimes(await pipeline.generateReport(IMAGE))).toEqual(withoutTimes(report));
    },
  );

  it('queues calls', async () => {
    const order: string[] = [];
    const follow = (name: string) => (event: ProgressEvent) => {
      if (event.type === 'stage-start') order.push(name);
    };
    const other = noise(90, 120, 2);
    const failing = pipeline.generateReport(noise(1, 1, 1));
    const [first, second] = await Promise.all([
      pipeline.generateReport(IMAGE, { onProgress: follow('a') }),
      pipeline.generateReport(other, { onProgress: follow('b') }),
      expect(failing).rejects.toThrow(),
    ]);
    expect(order).toEqual([...order].sort());
    expect(withoutTimes(first)).toEqual(withoutTimes(report));
    expect(second.input).toMatchObject({ width: 90, height: 120 });
  });

  it('is of no use once disposed, and leaves a backend that it did not make', async () => {
    const before = backend.liveTensors();
    const short = await createReportPipeline({ model: microModel(), backend });
    await short.generateReport(IMAGE, { numBeams: 1 });
    short.dispose();
    short.dispose();
    const calls = [() => short.generateReport(IMAGE), () => short.describeRegion(IMAGE, { region: 'spine' })];
    for (const call of calls) {
      const failure: unknown = await call().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(DisposedError);
      expect((failure as Error).message).toContain('pipeline: used after dispose()');
    }
    expect(backend.liveTensors()).toBe(before);
    expect((await pipeline.generateReport(IMAGE)).text).toBe(report.text);
  });

  it('says which models and engines it knows', async () => {
    await expect(createReportPipeline({ model: 'no-such-model' })).rejects.toThrow(
      /expected "tiny", a folder with manifest\.json or an https address, got "no-such-model"/,
    );
    await expect(createReportPipeline({ model: microModel(), backend: 'abacus' as 'onnx' })).rejects.toThrow(
      /expected one of onnx, .*"abacus"/,
    );
  });
});
