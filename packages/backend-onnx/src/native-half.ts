import type { InferenceSession } from 'onnxruntime-common';
import type { EncodedModel } from './model.js';
import type { OnnxBackendOptions, OrtModule } from './options.js';

/** Where a session may leave something, and the engine's versions. */
export interface SessionFolders extends Pick<OnnxBackendOptions, 'cacheDir' | 'preparedDir'> {
  readonly versions: Readonly<Record<string, string>>;
}

/** What the native half of this package does; the browser build has none. */
export interface Native {
  /** Processors that this process may use. */
  readonly numProcessors: number;
  /** Whether the processor is known to have registers of 512 bits. */
  hasAvx512(): boolean;
  load(): Promise<OrtModule>;
  /** Tells the user of the process, once for every text. */
  warn(message: string): void;
  /** Creates a session of a model with external data: from the files where that lies, or through a private folder, which is removed afterwards. */
  createFromFiles(
    ort: OrtModule,
    model: EncodedModel,
    options: InferenceSession.SessionOptions,
    folders: SessionFolders,
  ): Promise<InferenceSession>;
}
