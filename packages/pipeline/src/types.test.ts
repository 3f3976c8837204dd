import { describe, expect, expectTypeOf, it } from 'vitest';
import { greyImage } from '@crrg/image';
import * as browser from './browser.js';
import * as node from './node.js';
import {
  classificationOverlayOf,
  overlayOf,
  type LabelResult,
  type RadiographClassification,
  type Report,
} from './index.js';

describe('types that an app sees', () => {
  it('a report that was asked to classify has a classification, any other may have one', () => {
    expectTypeOf(() => node.generateReport('a.png', { classify: true })).returns.resolves.toExtend<{
      classification: readonly LabelResult[];
    }>();
    expectTypeOf(() => browser.generateReport(new Blob(), { classify: true, explain: true }))
      .returns.resolves.toHaveProperty('classification')
      .toEqualTypeOf<readonly LabelResult[]>();
    const flag = Boolean(1);
    expectTypeOf(() => node.generateReport('a.png')).returns.resolves.toEqualTypeOf<Report>();
    expectTypeOf(() =>
      node.generateReport('a.png', { classify: flag }),
    ).returns.resolves.toEqualTypeOf<Report>();
    type Pipeline = Awaited<ReturnType<typeof node.createReportPipeline>>;
    const kept = (pipeline: Pipeline) => pipeline.generateReport('a.png', { classify: true });
    expectTypeOf(kept)
      .returns.resolves.toHaveProperty('classification')
      .toEqualTypeOf<readonly LabelResult[]>();
  });

  it('what a stream of a classifying report ends with, and every report of many, has a classification', () => {
    expectTypeOf(() => node.streamReport('a.png')).returns.toExtend<AsyncIterable<node.ReportEvent>>();
    expectTypeOf(() => browser.streamReport(new Blob(), { classify: true })).returns.toExtend<
      AsyncIterable<node.ReportEvent<node.ClassifiedReport>>
    >();
    expectTypeOf(() =>
      node.generateReports(['a.png', new Blob(), async () => 'b.png'], { classify: true }),
    ).returns.toExtend<AsyncIterable<node.FilmReport<node.ClassifiedReport>>>();
    expectTypeOf(() => node.generateReports(['a.png'])).returns.not.toExtend<
      AsyncIterable<node.FilmReport<node.ClassifiedReport>>
    >();
  });

  it('a film of many has a report or an error, and testing one tells of the other', () => {
    const read = ({ report, error }: node.FilmReport): string => (report ? report.text : error.message);
    const byKey = (item: node.FilmReport): string =>
      item.error === undefined ? item.report.text : item.error.message;
    expectTypeOf(read).toEqualTypeOf(byKey);
    // @ts-expect-error there may be an error in its place
    void (({ report }: node.FilmReport) => report.text);
    // @ts-expect-error no such option
    void (() => node.generateReports([], { batchsize: 4 }));
  });

  it('an option with a misspelt name is still refused', () => {
    // @ts-expect-error no such option
    void (() => node.generateReport('a.png', { classify: true, explian: true }));
    // @ts-expect-error no such option
    void (() => node.generateReport('a.png', { clasify: true }));
  });

  it('what loadRadiograph gives goes into every function that takes a film', () => {
    type Film = Awaited<ReturnType<typeof node.loadRadiograph>>;
    expectTypeOf<Film>().toExtend<Parameters<typeof node.generateReport>[0]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof node.describeRegion>[0]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof node.classifyRadiograph>[0]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof node.loadRadiograph>[0]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof browser.generateReport>[0]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof overlayOf>[1]>();
    expectTypeOf<Film>().toExtend<Parameters<typeof classificationOverlayOf>[1]>();
  });
});

it('an overlay shows the same film whether given as loaded or as its pixels', async () => {
  const image = greyImage(
    64,
    64,
    Uint8Array.from({ length: 64 * 64 }, (_, at) => at % 251),
  );
  const film = await node.loadRadiograph(image);
  expect(await node.loadRadiograph(film)).toBe(film);
  const classification = {
    input: film.input,
    classification: [],
    doubts: [],
    provenance: { model: { name: 'm' } },
    intendedUse: 'x',
  } as unknown as RadiographClassification;
  const ofFilm = classificationOverlayOf(classification, film);
  expect(ofFilm.imageHref).toMatch(/^data:image\/png;base64,iVBOR/);
  expect(ofFilm).toEqual(classificationOverlayOf(classification, image));
  const report = { ...classification, regions: [], findings: [] } as unknown as Report;
  expect(overlayOf(report, film)).toEqual(overlayOf(report, image));
});
