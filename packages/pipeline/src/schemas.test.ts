import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DOUBT_CODES } from '@crrg/core';
import { greyImage } from '@crrg/image';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  classifyRadiograph,
  createReportPipeline,
  loadRadiograph,
  type RadiographClassification,
  type Report,
} from './node.js';

type Json = Record<string, unknown>;
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const FILM = at('../../../examples/radiographs/nih-00001749_003.jpg');
const DICOM = at('../../image/src/dicom/__fixtures__/syntaxes/jpeg-ls-lossless.dcm');

const readSchema = (name: string): Json =>
  JSON.parse(readFileSync(at(`../schemas/${name}.schema.json`), 'utf8'));

/** The schema without room for later versions: what this version writes, and nothing else. */
function withoutRoom(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRoom);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutRoom(value)]));
  if ('properties' in inner) return { ...inner, additionalProperties: false };
  return 'examples' in inner ? { ...inner, enum: Object.keys(DOUBT_CODES) } : inner;
}

interface Validators {
  /** What a consumer checks with. */
  readonly published: ValidateFunction;
  /** What this version may write. */
  readonly exact: ValidateFunction;
}

const ajv = new Ajv({ allErrors: true });
function compile(name: string): Validators {
  const schema = readSchema(name);
  return { published: ajv.compile(schema), exact: ajv.compile(withoutRoom(schema) as Json) };
}
const SCHEMAS = { report: compile('report'), classification: compile('classification') };

/** What is wrong with a value once it went through JSON. */
const problemsOf = (validate: ValidateFunction, value: unknown): string[] =>
  validate(JSON.parse(JSON.stringify(value)))
    ? []
    : validate.errors!.map(({ instancePath, message }) => `${instancePath}: ${message}`);

const reports: Report[] = [];
let classified: RadiographClassification;
beforeAll(async () => {
  const pipeline = await createReportPipeline();
  const { image } = await loadRadiograph(FILM);
  const inverted = greyImage(
    image.width,
    image.height,
    Uint8Array.from(image.data, (grey) => 255 - grey),
  );
  reports.push(
    await pipeline.generateReport(FILM, { numBeams: 1, classify: true, explain: true }),
    await pipeline.generateReport(DICOM, { numBeams: 1, identifiers: true }),
    await pipeline.generateReport(inverted, { numBeams: 1 }),
    await pipeline.generateReport(greyImage(64, 96, new Uint8Array(64 * 96)), { numBeams: 1 }),
  );
  pipeline.dispose();
  classified = await classifyRadiograph(FILM, { explain: true });
}, 120_000);

describe('the schemas', () => {
  it('hold for reports of the demonstration model, to the last field', () => {
    const statuses = reports.flatMap(({ regions }) => regions.map(({ status }) => status));
    expect(new Set(statuses)).toEqual(new Set(['described', 'detected', 'not-detected']));
    expect(reports[0]!.classification![0]).toHaveProperty('heatMap');
    expect(reports[1]!.input.dicom).toHaveProperty('identifiers');
    expect(reports[2]!.doubts).not.toEqual([]);
    expect(reports[3]!.findings).toEqual([]);
    for (const report of reports) {
      expect(problemsOf(SCHEMAS.report.published, report)).toEqual([]);
      expect(problemsOf(SCHEMAS.report.exact, report)).toEqual([]);
    }
  });

  it('hold for a classification of the demonstration model, to the last field', () => {
    expect(problemsOf(SCHEMAS.classification.published, classified)).toEqual([]);
    expect(problemsOf(SCHEMAS.classification.exact, classified)).toEqual([]);
  });

  it('refuse a result that lacks a field', () => {
    const refused = (name: keyof typeof SCHEMAS, value: object) =>
      Object.keys(value).filter((field) => {
        const problems = problemsOf(SCHEMAS[name].published, { ...value, [field]: undefined });
        return problems.includes(`: must have required property '${field}'`);
      });
    const { classification: _, ...required } = reports[0]!;
    expect(refused('report', reports[0]!)).toEqual(Object.keys(required));
    expect(refused('classification', classified)).toEqual(Object.keys(classified));
  });

  it('leave room for the fields and doubts of later versions, which this version may not write', () => {
    const later = { ...reports[0]!, doubts: [{ code: 'later', message: 'x' }], later: 1 };
    expect(problemsOf(SCHEMAS.report.published, later)).toEqual([]);
    expect(problemsOf(SCHEMAS.report.exact, later)).toEqual([
      ': must NOT have additional properties',
      '/doubts/0/code: must be equal to one of the allowed values',
    ]);
  });

  it.each<[string, (report: Report) => object, string]>([
    ['another format', () => ({ schema: 'crrg/report/2' }), '/schema: must be equal to constant'],
    [
      'a score that is no probability',
      ({ regions }) => ({ regions: [{ ...regions[0], detectionScore: 7 }, ...regions.slice(1)] }),
      '/regions/0/detectionScore: must be <= 1',
    ],
    [
      'a region that is none of the 29',
      ({ regions }) => ({ regions: [{ ...regions[0], name: 'toe' }, ...regions.slice(1)] }),
      '/regions/0/name: must be equal to one of the allowed values',
    ],
    [
      '28 regions',
      ({ regions }) => ({ regions: regions.slice(1) }),
      '/regions: must NOT have fewer than 29 items',
    ],
    [
      'a hash that is none',
      ({ input }) => ({ input: { ...input, sha256: 'x' } }),
      '/input/sha256: must match pattern "^[0-9a-f]{64}$"',
    ],
  ])('refuse a report with %s', (_, change, problem) => {
    const [report] = reports;
    expect(problemsOf(SCHEMAS.report.published, { ...report, ...change(report!) })).toEqual([problem]);
  });
});
