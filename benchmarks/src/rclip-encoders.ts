import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import {
  cosineSimilarities,
  createRclip,
  parseRclipConfig,
  type RclipConfig,
  type TextTokenizer,
} from '@crrg/rclip';
import { float32, type HostTensor, type StateDict } from '@crrg/tensor';
import { describeEngine, timed } from './framework.js';

/** Films and texts that are encoded together. */
export const COUNT = 8;

/** Architectures by name; `tiny` only shows that the benchmark works. */
const CONFIGS: Readonly<Record<string, object>> = {
  full: {},
  tiny: {
    imageEncoder: { imageSize: 64, stemWidth: 8, planes: [8, 16, 32, 64], blocks: [2, 1, 1, 2] },
    textEncoder: {
      vocabSize: 211,
      width: 48,
      numLayers: 3,
      numHeads: 4,
      ffnWidth: 96,
      numPositions: 40,
      maxLength: 40,
    },
    embeddingDim: 32,
  },
};

/** The architecture that `--size` names. */
export function parseRclipSize(size: string): RclipConfig {
  if (!Object.hasOwn(CONFIGS, size)) throw new Error(`benchmarks: --size must be full or tiny, got ${size}.`);
  return parseRclipConfig(CONFIGS[size]);
}

/** A text is its seed; every one has `maxLength` tokens. */
function randomTokenizer(vocabSize: number): TextTokenizer {
  return {
    vocabSize,
    padTokenId: 0,
    encode: (text, { maxLength }) => {
      const random = createRandom(Number(text));
      return {
        tokenIds: Array.from({ length: maxLength }, () => random.integer(vocabSize)),
        isTruncated: false,
      };
    },
  };
}

function randomFilms({ imageEncoder }: RclipConfig): HostTensor<'float32'> {
  const random = createRandom(3);
  const shape = [COUNT, 3, imageEncoder.imageSize, imageEncoder.imageSize];
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    shape,
    Float32Array.from({ length: size }, () => random.normal()),
  );
}

/** Both encoders, ready to be timed. */
export interface Ours {
  readonly model: ReturnType<typeof createRclip>;
  /** The engine and its version. */
  readonly engine: string;
  films(): Promise<number>;
  texts(): Promise<number>;
  dispose(): void;
}

/** Opens the encoders on ONNX Runtime. */
export async function openOurs(
  config: RclipConfig,
  weights: StateDict,
  matmulWeights: 'float32' | 'int8',
): Promise<Ours> {
  const backend = await createOnnxBackend({ matmulWeights });
  const tokenizer = randomTokenizer(config.textEncoder!.vocabSize);
  const model = createRclip({ config, weights, backend, tokenizer });
  const films = randomFilms(config);
  const texts = Array.from({ length: COUNT }, (_, index) => String(index));
  return {
    model,
    engine: describeEngine(backend),
    films: () => timed(() => model.encodeImage(films)),
    texts: () => timed(() => model.encodeText(texts)),
    dispose: () => {
      model.dispose();
      backend.dispose();
    },
  };
}

/** How far 8-bit products move the embeddings of texts: the smallest and the mean cosine with their exact ones. */
export async function measureInt8Cosines(
  exact: Ours,
  rounded: Ours,
): Promise<{ readonly smallest: number; readonly mean: number }> {
  const texts = Array.from({ length: COUNT }, (_, index) => String(index));
  const pairs = cosineSimilarities(
    await exact.model.encodeText(texts),
    await rounded.model.encodeText(texts),
  );
  const own = texts.map((_, row) => pairs.data[row * COUNT + row]!);
  return { smallest: Math.min(...own), mean: own.reduce((sum, cosine) => sum + cosine, 0) / COUNT };
}
