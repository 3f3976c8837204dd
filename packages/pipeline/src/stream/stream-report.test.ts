import { createOnnxBackend } from '@crrg/backend-onnx';
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
const ofType = <T extends ReportEvent['type']>(events: readonly ReportEvent[], type: T) =>
  events.filter((event): event is Extract<ReportEvent, { type: T }> => event.type === type);

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
      expect(new Set(ofType(events, 'sentence').map(({ finding }) => finding))).toEqual(
        new Set(report.findings),
      );
      expect(withoutTimes(ofType(events, 'report')[0]!.report)).toEqual(withoutTimes(report));
    },
  );

  it('is opened, told and released by one function', async () => {
    const before = backend.liveTensors();
    const events = await collect(streamReport(FILM, { model: microModel(), backend, numBeams: 1 }));
    expect(events.at(-1)!.type).toBe('report');
    expect(backend.liveTensors()).toBe(before);
  });
});
