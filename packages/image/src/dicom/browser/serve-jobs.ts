import { createCodecs, type CreateCodecModule } from '../codecs.js';
import { CodecNeeded } from '../errors.js';
import { answerJob } from '../answer-job.js';
import { transferablesOf, type DicomJob } from '../job.js';
import { limitWasmMemory } from '../memory-limit.js';
import type { CodecName } from '../transfer-syntaxes.js';

/** What a worker of a page has of the global scope. */
interface WorkerScope {
  onmessage: ((event: { readonly data: DicomJob }) => void) | null;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
}

/** The one codec of a worker file, with the bytes of its module: each file holds all that it needs, so any bundler can copy it. */
export interface BundledCodec {
  readonly name: CodecName;
  readonly createModule: CreateCodecModule;
  readonly wasmBinary: Uint8Array;
}

/** Answers the jobs that a page posts to this worker; those that need another codec are handed back. */
export function serveJobs(bundled?: BundledCodec): void {
  limitWasmMemory();
  const load = (name: CodecName) => async () => {
    if (bundled?.name !== name) throw new CodecNeeded(name);
    return bundled.createModule;
  };
  const codecs = createCodecs(
    { 'jpeg-ls': load('jpeg-ls'), 'jpeg-2000': load('jpeg-2000'), htj2k: load('htj2k') },
    bundled ? { [bundled.name]: bundled.wasmBinary } : {},
  );
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data }) => {
    const answer = await answerJob(data, codecs);
    scope.postMessage(answer, transferablesOf(answer));
  };
  scope.postMessage('ready', []);
}
