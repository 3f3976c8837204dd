import { existsSync } from 'node:fs';
import path from 'node:path';

/** What of the machine and the call decides which parts run. */
export interface Circumstances {
  /** On the adapter that computes on the processor. */
  readonly isSoftware: boolean;
  /** A folder of golden cases of models. */
  readonly golden: string;
}

/** A check in a process of its own. */
export interface Part {
  readonly name: string;
  readonly does: string;
  /** What Node is given to run it. */
  readonly args: readonly string[];
  /** After so many minutes it has failed; a GPU takes a fraction of that. */
  readonly minutes: number;
  /** Why it cannot run here. */
  readonly missing?: string | undefined;
}

const SOURCE = ['--conditions=@crrg/source', '--import', 'tsx'];
const PARITY = [...SOURCE, 'parity/src/main.ts'];
const BENCH = [...SOURCE, 'benchmarks/src/main.ts'];
const FILM = 'examples/radiographs/nih-00001403_002.jpg';
const TOO_SLOW = 'speed, and work at full size, are for a GPU';
/** The software adapter's minutes for one of a GPU. */
const SLOWER = 8;

/** All parts, in order. */
export function listParts({ isSoftware, golden }: Circumstances): Part[] {
  const noGolden = existsSync(golden) ? undefined : `${golden} is not here`;
  const minutes = (ofGpu: number) => (isSoftware ? SLOWER * ofGpu : ofGpu);
  const parity = (pattern: string) => [...PARITY, golden, '--backend', 'onnx-webgpu-node', '--only', pattern];
  const atFullSize = isSoftware ? TOO_SLOW : noGolden;
  return [
    {
      name: 'conformance',
      does: 'every operation, its gradient and the rules of memory against float64',
      args: [
        path.join('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--config',
        'parity/webgpu.vitest.config.ts',
      ],
      minutes: minutes(3),
    },
    {
      name: 'parity-tiny',
      does: 'small networks and optimisers against the reference programs',
      args: parity('tiny|optim'),
      minutes: minutes(4),
      missing: noGolden,
    },
    {
      name: 'parity-full',
      does: 'networks at full size against the reference programs',
      args: parity('(rrg|clip)-full(?!.*losses)'),
      minutes: 6,
      missing: atFullSize,
    },
    {
      name: 'report',
      does: 'a report at full size, beside PyTorch where it is here, with CUDA where that is',
      args: [
        ...BENCH,
        'rrg-full',
        '--backend',
        'onnx-webgpu',
        '--rounds',
        '2',
        '--golden',
        golden,
        '--film',
        FILM,
      ],
      minutes: 6,
      missing: atFullSize,
    },
    {
      name: 'training-step',
      does: 'a training step of a ResNet-18 and of a transformer, beside PyTorch in the same way',
      args: [...BENCH, 'train-step', '--backend', 'onnx-webgpu'],
      minutes: 4,
      missing: isSoftware ? TOO_SLOW : undefined,
    },
  ];
}

/** The parts that are named, or all. @throws naming those that are not there */
export function chooseParts(parts: readonly Part[], only: string | undefined): Part[] {
  const names = only?.split(',');
  const unknown = names?.filter((name) => !parts.some((part) => part.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `check:gpu: --only must be of ${parts.map(({ name }) => name).join(', ')}, got ${unknown.join(', ')}.`,
    );
  return parts.filter(({ name }) => !names || names.includes(name));
}
