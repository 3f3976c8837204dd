import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-common';
import { EXTERNAL_FILE, type EncodedModel } from './model.js';
import type { Native } from './native-half.js';
import { refuseWithoutWeb } from './missing-web.js';
import type { OrtModule } from './options.js';

async function writePieces(path: string, { external }: EncodedModel): Promise<void> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'wx', 0o600);
  try {
    for (const { bytes, offset } of external) {
      let written = 0;
      while (written < bytes.length)
        written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
    }
  } finally {
    await file.close();
  }
}

async function createFromFiles(
  ort: OrtModule,
  model: EncodedModel,
  options: InferenceSession.SessionOptions,
  parent: string | undefined,
) {
  const [{ mkdtemp, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ]);
  const folder = await mkdtemp(join(parent ?? tmpdir(), 'crrg-onnx-'));
  try {
    await writePieces(join(folder, EXTERNAL_FILE), model);
    await writeFile(join(folder, 'model.onnx'), model.bytes, { mode: 0o600 });
    return await ort.InferenceSession.create(join(folder, 'model.onnx'), options);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
  }
}

/** By a name that bundlers of servers do not follow: a copy in a bundle finds none of its `.wasm` files. */
const importUnbundled = (specifier: string): Promise<OrtModule> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ specifier) as Promise<OrtModule>;

/** The web runtime, an optional peer, looked for where it is needed. */
export const importWeb = (gpu: boolean): Promise<OrtModule> =>
  importUnbundled(gpu ? 'onnxruntime-web/webgpu' : 'onnxruntime-web').catch(refuseWithoutWeb);

const told = new Set<string>();

/** Node's half: the native runtime and files. */
export const native: Native | undefined = {
  numProcessors: availableParallelism(),
  async load() {
    // Bundlers forgive a missing package only where its import is in a `try`.
    try {
      const module = await import('onnxruntime-node');
      return ('default' in module ? module.default : module) as unknown as OrtModule;
    } catch (cause) {
      return Promise.reject(cause as Error);
    }
  },
  warn(message) {
    if (!told.has(message)) process.emitWarning(message, 'CrrgWarning');
    told.add(message);
  },
  createFromFiles,
};
