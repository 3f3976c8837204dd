import { availableParallelism } from 'node:os';
import { BackendError } from '@crrg/core';
import type { FileRange } from '@crrg/tensor';
import type { InferenceSession } from 'onnxruntime-common';
import { keepExternalData, writePieces } from './external-data.js';
import { EXTERNAL_FILE, folderOf, type EncodedModel } from './model.js';
import type { Native, SessionFolders } from './native-half.js';
import { refuseWithoutWeb } from './missing-web.js';
import { createOptimized } from './optimized-model.js';
import type { OrtModule } from './options.js';
import { hasAvx512 } from './processor.js';

/** @throws {BackendError} where a file is not the one whose weights were checked */
async function requireUnchanged(files: readonly FileRange[]): Promise<void> {
  const { stat } = await import('node:fs/promises');
  for (const { path, size, changed } of new Map(files.map((file) => [file.path, file])).values()) {
    const now = await stat(path).catch(() => undefined);
    if (now?.size !== size || now.ctimeMs !== changed)
      throw new BackendError(
        `backend-onnx.compile: expected the weights that were opened in ${path}, got ${now ? 'a changed file' : 'no file'}; open the model again.`,
      );
  }
}

type SessionOptions = InferenceSession.SessionOptions;

const settingsOf = ({ extra }: SessionOptions) => extra?.['session'] as Record<string, string> | undefined;

/** Both, also of the engine's further settings. */
function mergeOptions(options: SessionOptions, further: SessionOptions): SessionOptions {
  const session = { ...settingsOf(options), ...settingsOf(further) };
  return { ...options, ...further, extra: { ...options.extra, session } };
}

/** The engine maps the files itself; whatever it mapped is what lies there before and after. */
async function createMapped(
  ort: OrtModule,
  bytes: Uint8Array,
  files: readonly FileRange[],
  options: SessionOptions,
): Promise<InferenceSession> {
  await requireUnchanged(files);
  const place = { model_external_initializers_file_folder_path: folderOf(files[0]!) };
  const session = await ort.InferenceSession.create(
    bytes,
    mergeOptions(options, { extra: { session: place } }),
  );
  try {
    await requireUnchanged(files);
    return session;
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function createFromFiles(
  ort: OrtModule,
  model: EncodedModel,
  options: SessionOptions,
  { cacheDir, preparedDir, versions }: SessionFolders,
) {
  const create = (files: readonly FileRange[], further: SessionOptions = {}) =>
    createMapped(ort, model.bytes, files, mergeOptions(options, further));
  const { mapped } = model;
  if (mapped) {
    const session =
      preparedDir === null
        ? undefined
        : await createOptimized({ ort, model, options, versions, preparedDir }, (further) =>
            create(mapped, further),
          );
    return session ?? create(mapped);
  }
  const kept = preparedDir === null ? undefined : await keepExternalData(model, preparedDir);
  if (kept) return create([kept]);
  const [{ mkdtemp, rm, writeFile }, { tmpdir }, { join }] = await Promise.all([
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ]);
  const folder = await mkdtemp(join(cacheDir ?? tmpdir(), 'crrg-onnx-'));
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
  hasAvx512,
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
