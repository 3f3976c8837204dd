import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { createRandom } from '@crrg/core';
import { countParameters, initializeParameters, type Backend } from '@crrg/tensor';
import { adamw, createTrainStep } from '@crrg/train-loop';
import { openBackend, peerDeviceOption } from './backend-option.js';
import {
  comparison,
  describeEngine,
  interleave,
  median,
  type Benchmark,
  type BenchmarkContext,
} from './framework.js';
import { resnet18, transformer, type BenchmarkModel } from './models.js';
import { nameTorch, openTorchPeer, type Peer, type PeerDevice, type TorchInfo } from './peer.js';

const LEARNING_RATE = 1e-4;
const GOES = { warmup: 3, rounds: 5, goes: 3 };

/** Forward, backward and AdamW of two networks: our graph on ONNX Runtime beside PyTorch, same weights, batch and machine. */
export const trainStepBenchmark: Benchmark = {
  name: 'train-step',
  async run(context) {
    const backend = await openBackend(context.options);
    context.note(`engine ${describeEngine(backend)}; forward, backward and AdamW in float32`);
    try {
      for (const model of [resnet18({ batch: 4, size: 224 }), transformer({ batch: 8, length: 64 })])
        await compare(context, backend, model);
    } finally {
      backend.dispose();
    }
  },
};

async function compare(context: BenchmarkContext, backend: Backend, model: BenchmarkModel): Promise<void> {
  const weights = initializeParameters(model.specs, createRandom(7));
  const { name, specs, inputs, batch, loss } = model;
  const step = await createTrainStep({ backend, specs, weights, inputs, loss, optimizer: adamw() });
  const peer = await openPeer(model, weights, peerDeviceOption(context.options));
  context.note(
    `\n${model.title}: ${(countParameters(specs) / 1e6).toFixed(1)} M parameters${peer ? '' : '; PyTorch is not here, so no peer'}`,
  );
  try {
    const losses: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    const ours = async () => {
      const started = performance.now();
      losses.ours.push((await step.run(batch, { learningRate: LEARNING_RATE })).loss);
      return performance.now() - started;
    };
    const theirs = async () => {
      const answer = await peer!.process.ask<{ ms: number; loss: number }>({ do: 'step' });
      losses.theirs.push(answer.loss);
      return answer.ms;
    };
    const [oursMs, theirsMs] = await interleave(peer ? [ours, theirs] : [ours], GOES);
    context.report(
      comparison(
        `train-step/${name}`,
        'ms',
        median(oursMs!),
        peer && { name: peer.name, value: median(theirsMs!) },
      ),
    );
    context.note(
      `fastest: ${Math.min(...oursMs!).toFixed(0)} ms${peer ? `, PyTorch ${Math.min(...theirsMs!).toFixed(0)} ms` : ''}`,
    );
    if (peer) context.note(`${describePeer(peer.info)}\n${describeLosses(losses.ours, losses.theirs)}`);
  } finally {
    peer?.process.close();
    step.dispose();
  }
}

interface PeerInfo extends TorchInfo {
  readonly matmulGflops: number;
}

/** A PyTorch whose matrix product is slower than this has no optimised BLAS, and is no fair peer. */
const SLOW_GFLOPS = 25;

/** What the peer's figures are worth. */
function describePeer({ matmulGflops }: PeerInfo): string {
  const speed = `PyTorch's matrix product reaches ${matmulGflops.toFixed(0)} GFLOP/s`;
  if (matmulGflops >= SLOW_GFLOPS) return speed;
  return `${speed}: it has the reference BLAS, so the ratio flatters us; install libopenblas0-pthread for a fair one`;
}

async function openPeer(
  model: BenchmarkModel,
  weights: Parameters<typeof encodeSafetensors>[0],
  device: PeerDevice,
): Promise<{ process: Peer; name: string; info: PeerInfo } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'crrg-bench-'));
  try {
    const [weightsPath, batchPath] = [join(folder, 'weights.safetensors'), join(folder, 'batch.safetensors')];
    await writeFile(weightsPath, encodeSafetensors(weights));
    await writeFile(batchPath, encodeSafetensors(new Map(Object.entries(model.batch))));
    const process = await openTorchPeer('train_step.py', [model.name, weightsPath, batchPath], { device });
    if (!process) return undefined;
    const info = await process.ask<PeerInfo>({ do: 'info' });
    const blas = info.matmulGflops < SLOW_GFLOPS ? ', reference BLAS' : '';
    return { process, name: `${nameTorch(info)}${blas}`, info };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Both start from the same weights, so their losses must fall together. */
function describeLosses(ours: readonly number[], theirs: readonly number[]): string {
  const pair = (index: number) => `${ours[index]!.toFixed(4)} and ${theirs[index]!.toFixed(4)}`;
  return `losses of the two: ${pair(0)} at the first step, ${pair(9)} at the tenth`;
}
