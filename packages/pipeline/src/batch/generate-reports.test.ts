import { createOnnxBackend } from '@crrg/backend-onnx';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from '../__fixtures__/micro-model.js';
import { collect, noiseFilm, withoutTimes } from '../__fixtures__/streams.js';
import { createReportPipeline, type ImageSource, type ReportPipeline } from '../node.js';

let backend: Backend;
let pipeline: ReportPipeline<ImageSource>;
beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  pipeline = await createReportPipeline({ model: microModel(), backend });
});
afterAll(() => {
  pipeline.dispose();
  backend.dispose();
});

describe('reports of many films', () => {
  const films = [1, 2, 3, 4, 5].map((seed) => noiseFilm(seed, 150 + 10 * seed));

  it.each([1, 4])('are those of one film after the other, in order: %i beams', async (numBeams) => {
    const given = await collect(pipeline.generateReports(films, { batchSize: 3, numBeams }));
    expect(given.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    for (const { index, report } of given) {
      const alone = await pipeline.generateReport(films[index]!, { numBeams });
      expect(report!.text).toBe(alone.text);
      expect(report!.findings.map(({ sentence }) => sentence)).toEqual(
        alone.findings.map(({ sentence }) => sentence),
      );
    }
  });

  it('has an error for a film that cannot be read, and goes on', async () => {
    const given = await collect(
      pipeline.generateReports([films[0]!, 'no-such-film.png', films[1]!], { numBeams: 1 }),
    );
    expect(given.map(({ report }) => report !== undefined)).toEqual([true, false, true]);
    expect(given[1]!.error).toMatchObject({ code: 'IMAGE' });
    expect(withoutTimes(given[2]!.report!).input).toMatchObject({ width: 170 });
  });
});
