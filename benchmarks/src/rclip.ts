import { loadavg } from 'node:os';
import { createRandom } from '@crrg/core';
import { rclipSpecs, type RclipConfig } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { comparison, interleave, median, type Benchmark, type BenchmarkContext } from './framework.js';
import { bestLimits, type MachineLimits } from './limits.js';
import { openNamedTorchPeer, type NamedPeer } from './peer.js';
import { COUNT, measureInt8Cosines, openOurs, parseRclipSize } from './rclip-encoders.js';

/** Multiplications and additions of the image encoder for one film, counted layer by layer. */
function filmOperations({ imageEncoder, embeddingDim }: RclipConfig): number {
  const { imageSize, stemWidth, planes, blocks } = imageEncoder;
  let side = Math.ceil(imageSize / 2);
  let total = side ** 2 * stemWidth * 3 * 49;
  side = Math.ceil(side / 2);
  let inputs = stemWidth;
  planes.forEach((width, stage) => {
    for (let block = 0; block < blocks[stage]!; block++) {
      const before = side;
      if (block === 0 && stage > 0) side = Math.ceil(side / 2);
      total += before ** 2 * inputs * width + side ** 2 * width * (9 * width + 4 * width);
      if (block === 0) total += side ** 2 * inputs * 4 * width;
      inputs = 4 * width;
    }
  });
  return 2 * (total + inputs * embeddingDim);
}

/** Multiplications and additions of the text encoder for one text of `tokens`. */
function textOperations({ textEncoder }: RclipConfig, tokens: number): number {
  const { width, ffnWidth, numLayers } = textEncoder!;
  return 2 * tokens * numLayers * (4 * width ** 2 + 2 * width * ffnWidth + 2 * tokens * width);
}

async function openPeer({
  imageEncoder,
  textEncoder,
  embeddingDim,
}: RclipConfig): Promise<NamedPeer | undefined> {
  const { vocabSize, width, numLayers, numHeads, ffnWidth, numPositions } = textEncoder!;
  const sizes = {
    images: { ...imageEncoder, embeddingDim },
    texts: { vocabSize, width, numLayers, numHeads, ffnWidth, numPositions, embeddingDim },
  };
  return openNamedTorchPeer('rclip.py', [JSON.stringify(sizes)]);
}

/** One figure: ours beside the peer's answer to `request`, in turn, with the rate and the distance to the machine's limit. */
async function compare(
  context: BenchmarkContext,
  limits: MachineLimits,
  peer: NamedPeer | undefined,
  work: {
    readonly name: string;
    readonly ours: () => Promise<number>;
    readonly request: object;
    /** In float32; no limit was measured for integers. */
    readonly operations?: number | undefined;
  },
): Promise<{ readonly ours: number; readonly theirs: number | undefined }> {
  const theirs = async () => (await peer!.process.ask<{ ms: number }>(work.request)).ms;
  const rounds = Number(context.options['rounds'] ?? 3);
  const goes = { warmup: 1, rounds, goes: 2 };
  const [mine, other] = await interleave(peer ? [work.ours, theirs] : [work.ours], goes);
  const ms = median(mine!);
  const figure = comparison(
    `rclip/${work.name}`,
    'ms',
    ms,
    peer && { name: peer.name, value: median(other!) },
    work.operations && (1000 * COUNT * work.operations) / limits.arithmetic,
  );
  context.report(figure);
  context.note(
    `${work.name}: ${((1000 * COUNT) / ms).toFixed(1)} embeddings a second; load average ${loadavg()[0]!.toFixed(1)}`,
  );
  return { ours: ms, theirs: figure.peer?.value };
}

/** Embeddings of films and texts: our graphs on ONNX Runtime beside the same networks in PyTorch, on the same machine in turn. */
export const rclipBenchmark: Benchmark = {
  name: 'rclip',
  async run(context) {
    const size = context.options['size'] ?? 'full';
    const config = parseRclipSize(size);
    const tokens = config.textEncoder!.maxLength;
    const weights = initializeParameters(rclipSpecs(config), createRandom(7));
    const exact = await openOurs(config, weights, 'float32');
    const rounded = await openOurs(config, weights, 'int8');
    const peer = context.options['peer'] === 'none' ? undefined : await openPeer(config);
    context.note(`engines ${exact.engine}, ${rounded.engine}`);
    context.note(
      `R-CLIP ${size}, generated weights; ${COUNT} films of ${config.imageEncoder.imageSize} pixels, ${COUNT} texts of ${tokens} tokens${peer ? '' : '; PyTorch is not here, so no peer'}`,
    );
    const limits = await bestLimits(peer?.process);
    try {
      const request = { count: COUNT, tokens };
      await compare(context, limits, peer, {
        name: 'images',
        ours: exact.films,
        request: { do: 'images', count: COUNT },
        operations: filmOperations(config),
      });
      const inFloat32 = await compare(context, limits, peer, {
        name: 'texts',
        ours: exact.texts,
        request: { do: 'texts', ...request },
        operations: textOperations(config, tokens),
      });
      const inInt8 = await compare(context, limits, peer, {
        name: 'texts-int8',
        ours: rounded.texts,
        request: { do: 'texts-int8', ...request },
      });
      if (inFloat32.theirs !== undefined)
        context.note(
          `texts in int8 beside PyTorch's in float32: ${(inFloat32.theirs / inInt8.ours).toFixed(2)}x`,
        );
      const { smallest, mean } = await measureInt8Cosines(exact, rounded);
      context.report({ name: 'rclip/texts-int8-error', value: 1 - smallest, unit: '1 - cosine' });
      context.note(
        `int8 texts against float32: cosine at least ${smallest.toFixed(5)}, ${mean.toFixed(5)} on average`,
      );
    } finally {
      peer?.process.close();
      exact.dispose();
      rounded.dispose();
    }
  },
};
