import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chooseOpenBlasKernels, readProcessor } from '@crrg/parity/processor';

/** A yardstick in another process: takes one line of JSON, gives one line of JSON. */
export interface Peer {
  readonly device: PeerDevice;
  ask<T>(request: unknown): Promise<T>;
  close(): void;
}

/** Settings with which Debian's PyTorch is fastest: the right OpenBLAS kernels, and threads that do not spin while we run. */
function peerEnvironment(): NodeJS.ProcessEnv {
  const kernels = chooseOpenBlasKernels(readProcessor());
  return {
    ...(kernels !== undefined && { OPENBLAS_CORETYPE: kernels }),
    OMP_WAIT_POLICY: 'PASSIVE',
    ...process.env,
  };
}

const PYTHON = process.env['CRRG_BENCH_PYTHON'] ?? '/usr/bin/python3';

/** Where PyTorch computes. */
export type PeerDevice = 'cpu' | 'cuda';

/** What a script of `benchmarks/peers` needs. */
export interface PeerNeeds {
  /** Modules that it imports. @defaultValue `['torch']` */
  readonly modules?: readonly string[] | undefined;
  /** With `cuda` it computes there, if PyTorch can, else on the processor. @defaultValue 'cpu' */
  readonly device?: PeerDevice | undefined;
}

/** Starts a script of `benchmarks/peers`; undefined where Python or one of the modules that it imports is missing. */
export async function openTorchPeer(
  script: string,
  given: readonly string[],
  { modules = ['torch'], device: wanted = 'cpu' }: PeerNeeds = {},
): Promise<Peer | undefined> {
  if (!(await runsWell(`import ${modules.join(', ')}`))) return undefined;
  const device = wanted === 'cuda' && (await runsWell(HAS_CUDA)) ? 'cuda' : 'cpu';
  const args = device === 'cpu' ? given : [...given, '--device', device];
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  const child = spawn(PYTHON, [path, ...args], {
    env: peerEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    device,
    async ask<T>(request: unknown): Promise<T> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) throw new Error(`benchmarks: ${script} ended early; see its message above.`);
      return JSON.parse(line.value) as T;
    },
    close: () => void child.stdin.end(),
  };
}

/** What the yardstick in PyTorch says of itself. */
export interface TorchInfo {
  readonly version: string;
  readonly python: string;
  /** The instruction set of PyTorch's own kernels. */
  readonly capability: string;
  readonly threads: number;
  /** The GPU and its CUDA, where it computes there. */
  readonly gpu: string | null;
}

/** The name of a PyTorch beside its figures. */
export function nameTorch({ version, python, capability, threads, gpu }: TorchInfo): string {
  if (gpu !== null) return `PyTorch ${version}, ${gpu}, Python ${python}`;
  return `PyTorch ${version}, ${capability}, Python ${python}, ${threads} threads`;
}

/** A yardstick in PyTorch, and its name beside figures. */
export interface NamedPeer {
  readonly process: Peer;
  readonly name: string;
}

/** As {@link openTorchPeer}, of a script that answers `info`. */
export async function openNamedTorchPeer(
  ...given: Parameters<typeof openTorchPeer>
): Promise<NamedPeer | undefined> {
  const process = await openTorchPeer(...given);
  return process && { process, name: nameTorch(await process.ask<TorchInfo>({ do: 'info' })) };
}

const HAS_CUDA = 'import torch; assert torch.cuda.is_available()';

/** Whether a line of Python ends without an error. */
function runsWell(line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(PYTHON, ['-c', line], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}
