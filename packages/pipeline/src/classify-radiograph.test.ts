import { createOnnxBackend } from '@crrg/backend-onnx';
import { CheckpointError, ConfigError, DisposedError, ImageError, createRandom } from '@crrg/core';
import { greyImage } from '@crrg/image';
import type { Backend } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { microModel } from './__fixtures__/micro-model.js';
import { microRclip } from './__fixtures__/micro-rclip.js';
import { seenBox } from './classify-radiograph.js';
import {
  classificationOverlayOf,
  classifyRadiograph,
  createRadiographClassifier,
  createReportPipeline,
  overlayOf,
  parseRclipManifest,
  renderOverlayPng,
  renderOverlaySvg,
  toRclipManifest,
} from './node.js';

const [WIDTH, HEIGHT] = [200, 150];
const random = createRandom(1);
const IMAGE = greyImage(
  WIDTH,
  HEIGHT,
  Uint8Array.from({ length: WIDTH * HEIGHT }, () => random.integer(256)),
);
const model = microRclip();
let backend: Backend;

beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
});
afterAll(() => backend.dispose());

describe('the classification of a radiograph', () => {
  it('has every label with its threshold and where it comes from, and is plain JSON', async () => {
    const result = await classifyRadiograph(IMAGE, { classifier: model, backend });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(result.schema).toBe('crrg/classification/1');
    expect(result.input).toMatchObject({ file: null, width: WIDTH, height: HEIGHT });
    expect(result.provenance.model).toEqual({ name: 'micro-rclip', version: '3', sha256: 'f'.repeat(64) });
    expect(result.intendedUse).toMatch(/not a medical device/);
    expect(result.classification.map(({ label, threshold }) => [label, threshold])).toEqual([
      ['Pneumonia', 0.4],
      ['Effusion', 0.6],
    ]);
    for (const { probability, threshold, positive, model: name, ...rest } of result.classification) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThan(1);
      expect(positive).toBe(probability > threshold);
      expect(name).toBe('micro-rclip 3');
      expect(Object.keys(rest)).toEqual(['label']);
    }
  });

  it('doubts labels and thresholds that were assumed when the checkpoint was imported, alone and in a report', async () => {
    const codesOf = async (assumptions: readonly string[] | undefined) => {
      const doubtful = { ...model, assumptions };
      const { doubts } = await classifyRadiograph(IMAGE, { classifier: doubtful, backend });
      return doubts.map(({ code }) => code).filter((code) => code.endsWith('-assumed'));
    };
    expect(await codesOf(undefined)).toEqual([]);
    expect(await codesOf(['config.rclip.imageEncoder.imageSize'])).toEqual([]);
    expect(await codesOf(['thresholds'])).toEqual(['threshold-assumed']);
    expect(await codesOf(['labels', 'thresholds'])).toEqual(['labels-assumed', 'threshold-assumed']);
    const pipeline = await createReportPipeline({
      model: microModel(),
      classifier: { ...model, assumptions: ['labels'] },
      backend,
    });
    const report = await pipeline.generateReport(IMAGE, { classify: true, numBeams: 1 });
    expect(report.doubts.map(({ code }) => code)).toContain('labels-assumed');
    const plain = await pipeline.generateReport(IMAGE, { numBeams: 1 });
    expect(plain.doubts.map(({ code }) => code)).not.toContain('labels-assumed');
    pipeline.dispose();
  });

  it('shows on request where it looked, in pixels of the picture', async () => {
    const result = await classifyRadiograph(IMAGE, { classifier: model, backend, explain: true });
    for (const { heatMap } of result.classification) {
      expect(heatMap).toMatchObject({ height: 2, width: 2 });
      expect(heatMap!.values).toHaveLength(4);
      // 200 x 150 becomes 85 x 64, of which the middle 64 columns are seen.
      const { x1, y1, x2, y2 } = heatMap!.box;
      [x1, x2].forEach((x, i) => expect(x).toBeCloseTo((10.5 + 64 * i) * (200 / 85), 9));
      expect([y1, y2]).toEqual([0, 150]);
    }
    expect(Math.max(...result.classification.map(({ heatMap }) => Math.max(...heatMap!.values)))).toBe(1);
    const svg = renderOverlaySvg(classificationOverlayOf(result, IMAGE));
    for (const text of ['Pneumonia', 'Effusion', 'Heat map: ', 'mask="url(#heat)"', 'probability 0.'])
      expect(svg).toContain(text);
    const png = await renderOverlayPng(classificationOverlayOf(result, IMAGE));
    expect(png.length).toBeGreaterThan(1000);
  });

  it('is drawn with the side of the threshold of each label, and where it looked for the one most above it', async () => {
    const result = await classifyRadiograph(IMAGE, { classifier: model, backend });
    const labelOf = (label: string, probability: number, threshold: number, cell: number) => ({
      ...result.classification[0]!,
      ...{ label, probability, threshold, positive: probability > threshold },
      heatMap: { box: { x1: 0, y1: 0, x2: 9, y2: 9 }, height: 1, width: 1, values: [cell] },
    });
    const classification = [
      labelOf('a', 0.8, 0.9, 0.1),
      labelOf('b', 0.5, 0.2, 0.2),
      labelOf('c', 0.6, 0.4, 0.3),
    ];
    const overlay = classificationOverlayOf({ ...result, classification }, IMAGE);
    expect(overlay.regions.map(({ sentence }) => sentence)).toEqual([
      'Below the threshold of 0.90.',
      'Above the threshold of 0.20.',
      'Above the threshold of 0.40.',
    ]);
    expect(overlay.heatMap).toMatchObject({ label: 'b 50 % (above threshold)', values: [0.2] });
  });

  it('refuses tiny pictures and models without a probe, and is over after dispose', async () => {
    const classifier = await createRadiographClassifier({ classifier: model, backend });
    const small = greyImage(10, 10, new Uint8Array(100));
    await expect(classifier.classify(small)).rejects.toThrow(ImageError);
    classifier.dispose();
    await expect(classifier.classify(IMAGE)).rejects.toThrow(DisposedError);
    const bare = { ...model, config: { ...model.config, probe: null } };
    await expect(createRadiographClassifier({ classifier: bare, backend })).rejects.toThrow(ConfigError);
  });

  it('stops where it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const classifier = await createRadiographClassifier({ classifier: model, backend });
    await expect(classifier.classify(IMAGE, { signal })).rejects.toThrow('enough');
    classifier.dispose();
  });
});

describe('a report with a classification', () => {
  it('has the same labels as the classifier alone, only where it was asked for', async () => {
    const pipeline = await createReportPipeline({ model: microModel(), classifier: model, backend });
    const plain = await pipeline.generateReport(IMAGE);
    expect('classification' in plain).toBe(false);
    expect('classifier' in plain.provenance).toBe(false);
    const report = await pipeline.generateReport(IMAGE, { classify: true, explain: true });
    const alone = await classifyRadiograph(IMAGE, { classifier: model, backend, explain: true });
    expect(report.classification).toEqual(alone.classification);
    expect(report.provenance.classifier).toEqual(alone.provenance.model);
    expect(Object.keys(report.provenance.durations)).toContain('classifier');
    expect(report.findings).toEqual(plain.findings);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(renderOverlaySvg(overlayOf(report, IMAGE))).toContain('mask="url(#heat)"');
    expect(renderOverlaySvg(overlayOf(plain, IMAGE))).not.toContain('mask=');
    pipeline.dispose();
    await expect(pipeline.generateReport(IMAGE)).rejects.toThrow(DisposedError);
  });
});

describe('the part of the picture that a classifier sees', () => {
  it('is the middle square, up to rounding', () => {
    expect(seenBox({ width: 100, height: 100 }, 64)).toEqual({ x1: 0, y1: 0, x2: 100, y2: 100 });
    const { x1, y1, x2, y2 } = seenBox({ width: 300, height: 600 }, 64);
    expect([x1, x2]).toEqual([0, 300]);
    expect([y1, y2]).toEqual([150, 450]);
  });
});

describe('the manifest of a classifier', () => {
  it('keeps labels and thresholds once, and gives the configuration back', () => {
    const manifest = toRclipManifest(model.config);
    expect(manifest.labels).toEqual(['Pneumonia', 'Effusion']);
    expect(manifest.thresholds).toEqual({ Pneumonia: 0.4, Effusion: 0.6 });
    expect(JSON.stringify(manifest.config)).not.toContain('Pneumonia');
    const read = JSON.parse(JSON.stringify(manifest)) as typeof manifest;
    expect(parseRclipManifest({ ...read, name: 'x' })).toEqual(model.config);
  });

  it('is refused where it is of another model or lacks a threshold', () => {
    const manifest = { ...toRclipManifest(model.config), name: 'x' };
    expect(() => parseRclipManifest({ ...manifest, thresholds: { Pneumonia: 0.4 } })).toThrow(
      'expected a threshold for every label, got none for Effusion',
    );
    const other = () => parseRclipManifest({ ...manifest, config: { detector: {}, reportGen: {} } });
    expect(other).toThrow(CheckpointError);
    expect(other).toThrow('expected an R-CLIP model, got x with detector, reportGen; ');
    expect(() => parseRclipManifest({ ...manifest, config: { part: 'bert', rclip: {} } })).toThrow(
      'the part bert',
    );
  });
});
