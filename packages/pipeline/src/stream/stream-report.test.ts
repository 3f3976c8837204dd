import { createOnnxBackend } from '@crrg/backend-onnx';
import type { ProgressEvent } from '@crrg/core';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from '../__fixtures__/micro-model.js';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import { collect, noiseFilm, withoutTimes } from '../__fixtures__/streams.js';
import {
  createReportPipeline,
  streamReport,
  type ImageSource,
  type ReportEvent,
  type ReportPipeline,
} from '../node.js';

const FILM = noiseFilm(1);
const FAST = { numBeams: 1, maxLength: 4 };
const ofType = <T extends ReportEvent['type']>(events: readonly ReportEvent[], type: T) =>
  events.filter((event): event is Extract<ReportEvent, { type: T }> => event.type === type);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

let backend: Backend;
let pipeline: ReportPipeline<ImageSource>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  pipeline = await createReportPipeline({ model: microModel(), classifier: microRclip(), backend });
});
afterAll(() => {
  pipeline.dispose();
  backend.dispose();
});

describe('a report that is streamed', () => {
  it.each([1, 4])(
    'is regions, then sentences, then the report that one call gives: %i beams',
    async (numBeams) => {
      const options = { numBeams, classify: true } as const;
      const report = await pipeline.generateReport(FILM, options);
      const events = await collect(pipeline.streamReport(FILM, options));
      expect(events.map(({ type }) => type)).toEqual([
        'regions',
        ...report.findings.map(() => 'sentence'),
        'report',
      ]);
      const [regions] = ofType(events, 'regions');
      expect(regions).toMatchObject({ regions: report.regions, input: report.input });
      const told = ofType(events, 'sentence').map(({ finding }) => finding);
      expect(told).toHaveLength(report.findings.length);
      expect(report.findings.length).toBeGreaterThan(1);
      for (const finding of report.findings) expect(told).toContainEqual(finding);
      expect(withoutTimes(ofType(events, 'report')[0]!.report)).toEqual(withoutTimes(report));
    },
  );

  it('tells the doubts of the film with its regions', async () => {
    const events = await collect(pipeline.streamReport(FILM, FAST));
    const { doubts } = ofType(events, 'report')[0]!.report;
    const early = ofType(events, 'regions')[0]!.doubts;
    expect(early.length).toBeGreaterThan(0);
    expect(doubts.slice(0, early.length)).toEqual(early);
  });

  it('is opened, told and released by one function', async () => {
    const before = backend.liveTensors();
    const events = await collect(streamReport(FILM, { model: microModel(), backend, ...FAST }));
    expect(events.at(-1)!.type).toBe('report');
    expect(backend.liveTensors()).toBe(before);
  });

  it('rejects where the film cannot be read, and where options are wrong', async () => {
    const refused = collect(pipeline.streamReport(noiseFilm(1, 1, 1)));
    await expect(refused).rejects.toMatchObject({ code: 'IMAGE' });
    await expect(collect(pipeline.streamReport(FILM, { numBeams: 9 }))).rejects.toMatchObject({
      code: 'CONFIG',
    });
  });
});

describe('a stream in the queue of a pipeline', () => {
  it('that nobody walks does nothing and lets the next call in', async () => {
    const stages: string[] = [];
    const stream = pipeline.streamReport(FILM, {
      onProgress: (event) => void stages.push(event.type),
    });
    expect((await pipeline.generateReport(FILM, FAST)).schema).toBe('crrg/report/1');
    expect(stages).toEqual([]);
    await stream.return!();
  });

  it.each(['regions', 'sentence'] as const)(
    'that is left at its first %s stops, keeps no tensor, and lets the next call in',
    async (moment) => {
      const before = backend.liveTensors();
      const steps: number[] = [];
      const onProgress = (event: ProgressEvent) => {
        if (event.type === 'stage-start' && event.stage === 'assemble') steps.push(1);
      };
      const stream = pipeline.streamReport(FILM, { maxLength: 24, onProgress });
      const next = pipeline.generateReport(FILM, FAST);
      for await (const { type } of stream) if (type === moment) break;
      expect(backend.liveTensors() - before).toBeLessThanOrEqual(0);
      if (moment === 'regions') expect(steps).toEqual([]);
      expect((await next).schema).toBe('crrg/report/1');
      expect((await stream.next()).done).toBe(true);
    },
  );

  it('that is aborted rejects with the reason and keeps no tensor', async () => {
    const before = backend.liveTensors();
    const controller = new AbortController();
    const stream = pipeline.streamReport(FILM, { signal: controller.signal });
    expect((await stream.next()).value).toMatchObject({ type: 'regions' });
    controller.abort(new Error('enough'));
    await expect(collect(stream)).rejects.toThrow('enough');
    expect(backend.liveTensors()).toBe(before);
  });

  it('whose reader stands still is finished all the same, and keeps what was not taken', async () => {
    const stream = pipeline.streamReport(FILM, FAST);
    await stream.next();
    expect((await pipeline.generateReport(FILM, FAST)).schema).toBe('crrg/report/1');
    await settled();
    const rest = await collect(stream);
    expect(rest.at(-1)!.type).toBe('report');
    expect(rest.length).toBeGreaterThan(1);
  });
});
