import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import { createDetector } from '@crrg/detector';
import { loadClassifierModel, loadModel } from '@crrg/pipeline';
import { exportModel } from '@crrg/pipeline/export';
import { createRclip } from '@crrg/rclip';
import { float32 } from '@crrg/tensor';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Description {
  readonly schema: string;
  readonly tokenizer: { readonly vocab: string };
  readonly preprocessing: { readonly size: number };
  readonly networks: readonly {
    readonly file: string;
    readonly inputs: readonly { readonly name: string; readonly type: string; readonly shape: unknown[] }[];
    readonly outputs: readonly { readonly name: string }[];
  }[];
}

let folder: string;
beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'crrg-onnx-'))));
afterAll(() => rm(folder, { recursive: true }));

/** Exports the demonstration model and opens its networks. */
async function exported(name: string, model: URL | string) {
  const out = path.join(folder, name);
  const { files } = await exportModel(model, { to: 'onnx', out });
  const description = JSON.parse(await readFile(path.join(out, 'export.json'), 'utf8')) as Description;
  const open = (network: string) => ort.InferenceSession.create(path.join(out, `${network}.onnx`));
  return { out, files, description, open };
}

const randomImage = (channels: number, side: number, seed: number) => {
  const random = createRandom(seed);
  const shape = [1, channels, side, side];
  return float32(
    shape,
    Float32Array.from({ length: channels * side * side }, () => random.normal()),
  );
};

const feed = ({ data, shape }: { data: Float32Array; shape: readonly number[] }) =>
  new ort.Tensor('float32', data, [...shape]);

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((largest, value, at) => Math.max(largest, Math.abs(value - b[at]!)), 0);

describe('a report model exported to ONNX', () => {
  it('is five networks whose file says what they take and give, and that run on their own', async () => {
    const { out, files, description, open } = await exported('report', 'tiny');
    const names = [
      'detector-backbone',
      'detector-regions',
      'region-selector',
      'generator-prefill',
      'generator-step',
    ];
    expect(files).toEqual([...names.map((name) => `${name}.onnx`), 'export.json']);
    expect(await readdir(out)).toEqual(expect.arrayContaining([description.tokenizer.vocab, ...files]));
    expect(description.schema).toBe('crrg/onnx-export/1');
    for (const { file, inputs, outputs } of description.networks) {
      const session = await ort.InferenceSession.create(path.join(out, file));
      expect(session.inputNames).toEqual(inputs.map(({ name }) => name));
      expect(session.outputNames).toEqual(outputs.map(({ name }) => name));
      await session.release();
    }
    const { size } = description.preprocessing;
    const image = randomImage(1, size, 5);
    const { features } = await (await open('detector-backbone')).run({ image: feed(image) });
    const model = await loadModel();
    const backend = await createOnnxBackend({ threads: 1 });
    const own = [...model.weights].filter(([name]) => name.startsWith('detector.'));
    const weights = new Map(own.map(([name, tensor]) => [name.slice('detector.'.length), tensor]));
    const detector = createDetector({ config: model.config.detector, weights, backend });
    const boxes = Float32Array.of(10, 20, 90, 80, 0, 0, size, size);
    const [detected] = await detector.detect(image, { proposals: [boxes] });
    const found = await (
      await open('detector-regions')
    ).run({
      features: features!,
      image: new ort.Tensor('int32', Int32Array.of(0), [1]),
      boxes: new ort.Tensor('float32', boxes, [1, 2, 4]),
    });
    expect(largestDifference(found['scores']!.data as Float32Array, detected!.scores)).toBeLessThan(1e-6);
    const ours = detected!.regionFeatures;
    expect(largestDifference(found['regionFeatures']!.data as Float32Array, ours)).toBeLessThan(1e-4);
    backend.dispose();
  });
});

describe('a classifier exported to ONNX', () => {
  it('gives the logits of this engine', async () => {
    const model = await loadClassifierModel();
    const manifest = import.meta.resolve('@crrg/model-tiny/package.json');
    const { description, open } = await exported('classifier', new URL('classifier/', manifest));
    expect(description.networks.map(({ file }) => file)).toContain('image-encoder.onnx');
    const images = randomImage(3, model.config.imageEncoder.imageSize, 6);
    const backend = await createOnnxBackend({ threads: 1 });
    const rclip = createRclip({ config: model.config, weights: model.weights, backend });
    const own = await rclip.encodeImage(images);
    const { features } = await (await open('image-encoder')).run({ images: feed(images) });
    expect(largestDifference(features!.data as Float32Array, own.features.data)).toBeLessThan(1e-4);
    backend.dispose();
  });
});
