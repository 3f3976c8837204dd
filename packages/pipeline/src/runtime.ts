import type { AbortOptions, ProgressListener, WarningListener } from '@crrg/core';
import type { Bundle } from '@crrg/checkpoints';
import type { Backend } from '@crrg/tensor';
import { loadRclipModel, type RclipModel } from './models/rclip-model.js';
import { loadReportModel, type ReportModel } from './models/report-model.js';
import type { EngineChoice } from './options.js';
import {
  readRadiograph,
  type LoadRadiographOptions,
  type Radiograph,
  type RadiographFiles,
  type RadiographSource,
} from './radiograph.js';

/** How a model is loaded. */
export interface LoadModelOptions extends AbortOptions {
  /** In pages: keep a model from an address in Cache Storage. Node.js keeps it in a folder always. @defaultValue true */
  readonly cache?: boolean | undefined;
  readonly onProgress?: ProgressListener | undefined;
  /** Hears in pages that nothing can be kept, or that a kept model is used without a network. */
  readonly onWarning?: WarningListener | undefined;
}

/** How an engine is loaded. */
interface LoadBackendOptions {
  readonly threads?: number | undefined;
  readonly onWarning?: WarningListener | undefined;
}

/** Folders of `@crrg/model-tiny`. */
export type TinyFolder = 'weights' | 'classifier';

/** What one platform, Node.js or a browser, brings: how it reads pictures, models and engines. */
export interface Platform<Source, Model, BackendName> extends RadiographFiles<Source> {
  /** @param tiny the folder of the demonstration model that does the same */
  readonly openBundle: (
    model: Model | undefined,
    tiny: TinyFolder,
    options: LoadModelOptions,
  ) => Promise<Bundle>;
  readonly loadBackend: (name: BackendName | undefined, options: LoadBackendOptions) => Promise<Backend>;
}

/** What is loaded on a platform. */
export interface Runtime<Source, Model, BackendName> {
  readonly loadRadiograph: (
    source: RadiographSource<Source>,
    options?: LoadRadiographOptions,
  ) => Promise<Radiograph>;
  readonly loadModel: (
    model: Model | ReportModel | undefined,
    options?: LoadModelOptions,
  ) => Promise<ReportModel>;
  readonly loadClassifierModel: (
    model: Model | RclipModel | undefined,
    options?: LoadModelOptions,
  ) => Promise<RclipModel>;
  readonly loadBackend: Platform<Source, Model, BackendName>['loadBackend'];
}

/** Loads from an opened bundle, which is closed afterwards. */
export async function withBundle<T>(
  opened: Promise<Bundle>,
  load: (bundle: Bundle) => Promise<T>,
): Promise<T> {
  const bundle = await opened;
  try {
    return await load(bundle);
  } finally {
    await bundle.close();
  }
}

const isLoaded = <Loaded extends object>(model: unknown): model is Loaded =>
  typeof model === 'object' && model !== null && 'weights' in model;

/** The loaders of a platform. */
export function createRuntime<Source, Model, BackendName>(
  platform: Platform<Source, Model, BackendName>,
): Runtime<Source, Model, BackendName> {
  return {
    loadRadiograph: (source, options = {}) => readRadiograph(source, platform, options),
    async loadModel(model, options = {}) {
      if (isLoaded<ReportModel>(model)) return model;
      const opened = platform.openBundle(model, 'weights', options);
      return withBundle(opened, (bundle) => loadReportModel(bundle, options));
    },
    async loadClassifierModel(model, options = {}) {
      if (isLoaded<RclipModel>(model)) return model;
      const opened = platform.openBundle(model, 'classifier', options);
      return withBundle(opened, (bundle) => loadRclipModel(bundle, options));
    },
    loadBackend: platform.loadBackend,
  };
}

/** A backend, and how it is given back where it is ours. */
interface OpenedBackend {
  readonly backend: Backend;
  release(): void;
}

function isBackend(value: unknown): value is Backend {
  return typeof value === 'object' && value !== null && 'compile' in value;
}

/** The chosen backend; one that was given stays the caller's. */
export async function openBackend<BackendName>(
  { loadBackend }: Pick<Runtime<never, never, BackendName>, 'loadBackend'>,
  options: EngineChoice<BackendName>,
): Promise<OpenedBackend> {
  const { backend: given } = options;
  if (isBackend(given)) return { backend: given, release: () => {} };
  // A name that is not the platform's is refused by it.
  const backend = await loadBackend(given as BackendName | undefined, options);
  return { backend, release: () => backend.dispose() };
}
