import { BACKEND_NAMES, loadBackend, type BackendName } from '@crrg/pipeline';
import type { Backend } from '@crrg/tensor';
import type { PeerDevice } from './peer.js';

type Options = Readonly<Record<string, string | undefined>>;

/** Benchmarks that compute on the engine of `--backend`; the others are about the processor. */
export const TAKE_BACKEND: readonly string[] = ['rrg-full', 'train-step', 'films-per-minute'];

/** The engine that is asked for. @throws where there is none of that name */
export function backendOption({ backend = 'onnx' }: Options): BackendName {
  const name = BACKEND_NAMES.find((each) => each === backend);
  if (name) return name;
  throw new Error(`benchmarks: --backend must be of ${BACKEND_NAMES.join(', ')}, got ${backend}.`);
}

export const openBackend = (options: Options): Promise<Backend> => loadBackend(backendOption(options));

/** Where a yardstick is to compute, if it can: beside an engine on a GPU on the GPU. */
export const peerDeviceOption = (options: Options): PeerDevice =>
  /gpu|cuda/.test(backendOption(options)) ? 'cuda' : 'cpu';
