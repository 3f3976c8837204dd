import { createOnnxBackend } from '@crrg/backend-onnx';
import { ImageError, createRandom, type Doubt } from '@crrg/core';
import { greyImage, rgbImage, type GreyImage } from '@crrg/image';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from '../__fixtures__/micro-model.js';
import { microRclip } from '../__fixtures__/micro-rclip.js';
import {
  classificationOverlayOf,
  classifyRadiograph,
  createReportPipeline,
  generateReport,
  overlayOf,
  renderOverlaySvg,
  type ReportPipeline,
  type ImageSource,
} from '../node.js';
import { checkRadiograph } from './radiograph-doubts.js';

const random = createRandom(3);
const noise = (width: number, height: number, bits = 8): GreyImage => {
  const values = Array.from({ length: width * height }, () => random.integer(2 ** bits));
  return greyImage(width, height, bits > 8 ? Uint16Array.from(values) : Uint8Array.from(values));
};
const DARK = noise(200, 150, 12);
const codes = ({ doubts }: { readonly doubts: readonly Doubt[] }) => doubts.map(({ code }) => code);

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

describe('a film in doubt', () => {
  it('has its doubts in the report, the classification and the description', async () => {
    const report = await pipeline.generateReport(DARK, { numBeams: 1 });
    const box = { x1: 0, y1: 0, x2: 90, y2: 90 };
    const description = await pipeline.describeRegion(DARK, { box }, { numBeams: 1 });
    const classification = await classifyRadiograph(DARK, { classifier: microRclip(), backend });
    for (const result of [report, description, classification])
      expect(codes(result)).toContain('bits-unused');
    expect(renderOverlaySvg(overlayOf(report, DARK))).toContain(`In doubt: ${codes(report).join(', ')}`);
    expect(renderOverlaySvg(classificationOverlayOf(classification, DARK))).toContain(
      'In doubt: bits-unused',
    );
    const plain = await pipeline.generateReport(noise(200, 150), { numBeams: 1 });
    expect(codes(plain)).not.toContain('bits-unused');
    expect(renderOverlaySvg(overlayOf({ ...plain, doubts: [] }, DARK))).not.toContain('In doubt');
  });

  it('is refused where the caller is strict, with the doubts as data, before any network runs', async () => {
    const stages: string[] = [];
    const strict = pipeline.generateReport(DARK, {
      strict: true,
      onProgress: ({ type }) => stages.push(type),
    });
    await expect(strict).rejects.toThrow(/expected a film without doubts, got bits-unused \(/);
    await expect(strict).rejects.toMatchObject({
      code: 'IMAGE',
      details: { doubts: expect.arrayContaining([expect.objectContaining({ code: 'bits-unused' })]) },
    });
    expect(stages).toEqual([]);
    const classify = classifyRadiograph(DARK, { classifier: microRclip(), backend, strict: true });
    await expect(classify).rejects.toBeInstanceOf(ImageError);
    const describe = pipeline.describeRegion(DARK, { region: 'spine' }, { strict: true });
    await expect(describe).rejects.toBeInstanceOf(ImageError);
  });

  it('is measured against the largest input of the networks that read it', async () => {
    const small = noise(40, 40);
    const classification = await classifyRadiograph(small, { classifier: microRclip(), backend });
    expect(codes(classification)).not.toContain('low-resolution');
    expect(codes(await pipeline.generateReport(small, { numBeams: 1 }))).toContain('low-resolution');
    const classifier = { ...microRclip(), preprocessing: { ...microRclip().preprocessing, size: 640 } };
    const wide = await createReportPipeline({ model: microModel(), classifier, backend });
    const film = noise(200, 150);
    expect(codes(await wide.generateReport(film, { numBeams: 1 }))).not.toContain('low-resolution');
    const both = wide.generateReport(film, { numBeams: 1, classify: true, strict: true });
    await expect(both).rejects.toThrow('low-resolution');
    wide.dispose();
  });

  it('is no film of another shape, also where the radiograph was made by hand', () => {
    const radiograph = {
      image: rgbImage(40, 40, new Uint8Array(4800)) as unknown as GreyImage,
      input: { file: null, width: 40, height: 40, sha256: '' },
      doubts: [],
    };
    expect(() =>
      checkRadiograph('report', radiograph, { readers: [{ preprocessing: { size: 64 } }] }),
    ).toThrow('pipeline.report: expected a one-channel picture');
  });

  it('keeps what decoding found, once a code, before what the pixels show', () => {
    const found: Doubt = { code: 'bits-unused', message: 'the file says so' };
    const radiograph = {
      image: noise(40, 40, 12),
      input: { file: null, width: 40, height: 40, sha256: '' },
      doubts: [found],
    };
    const doubts = checkRadiograph('report', radiograph, { readers: [{ preprocessing: { size: 512 } }] });
    expect(doubts[0]).toBe(found);
    expect(new Set(codes({ doubts })).size).toBe(doubts.length);
    expect(codes({ doubts })).toContain('low-resolution');
  });
});

describe('decoded pixels', () => {
  it.each<[string, GreyImage]>([
    ['in colour', rgbImage(40, 40, new Uint8Array(4800)) as unknown as GreyImage],
    ['in a plain list', { ...noise(40, 40), data: new Array<number>(1600).fill(0) } as unknown as GreyImage],
    ['of another number', { ...noise(40, 40), data: new Uint8Array(1599) }],
    ['of another type than the bit depth says', { ...noise(40, 40), bitDepth: 16 }],
    ['of a canvas', { width: 40, height: 40, data: new Uint8ClampedArray(6400) } as unknown as GreyImage],
    ['with a side that is no whole number', { ...noise(40, 40), width: 40.5 }],
  ])('%s are refused', async (_, image) => {
    await expect(pipeline.generateReport(image)).rejects.toMatchObject({ code: 'IMAGE' });
    await expect(generateReport(image, { model: microModel(), backend })).rejects.toThrow(
      /one-channel picture/,
    );
  });
});
