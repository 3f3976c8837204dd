// From a bundle on disk to a report in a process of its own: start-run.ts FOLDER FILM DTYPE TOKENS. Prints one line of JSON.
import { createOnnxBackend, type OrtModule } from '@crrg/backend-onnx';
import { createReportPipeline, loadModel } from '@crrg/pipeline';
import type { ReportGenDType } from '@crrg/report-gen';
import { watchBackend } from './watched-backend.js';

/** Milliseconds and bytes of one start. */
export interface StartFigures {
  /** Until the weights are open and checked. */
  readonly read: number;
  /** Graphs traced, lowered and encoded; weights quantised, where they are. */
  readonly encode: number;
  /** Sessions made by the engine: graphs optimised, weights mapped and packed. */
  readonly compile: number;
  /** From a bundle on disk to the first token. */
  readonly firstToken: number;
  readonly report: number;
  /** Largest resident memory of the process. */
  readonly peak: number;
}

async function timedEngine(onSession: (ms: number) => void): Promise<OrtModule> {
  const loaded = (await import('onnxruntime-node')) as unknown as OrtModule & { default?: OrtModule };
  const ort = loaded.default ?? loaded;
  const create = async (...given: Parameters<typeof ort.InferenceSession.create>) => {
    const started = performance.now();
    const session = await ort.InferenceSession.create(...given);
    onSession(performance.now() - started);
    return session;
  };
  return { ...ort, InferenceSession: { create } as unknown as OrtModule['InferenceSession'] };
}

const [folder, film, dtype, tokens] = process.argv.slice(2) as [string, string, ReportGenDType, string];
const started = performance.now();
const since = () => performance.now() - started;
let [encode, compile, firstToken] = [0, 0, 0];
const ort = await timedEngine((ms) => {
  compile += ms;
  encode -= ms;
});
const backend = watchBackend(await createOnnxBackend({ ort, runtime: 'node' }), {
  onCompile: ({ ms }) => void (encode += ms),
  onRun: () => undefined,
});
const model = await loadModel(folder);
const read = since();
const pipeline = await createReportPipeline({ model, backend, dtype });
await pipeline.generateReport(film, {
  numBeams: 1,
  maxLength: Number(tokens) + 1,
  onProgress: ({ type }) => {
    if (type === 'token') firstToken ||= since();
  },
});
const peak = 1024 * process.resourceUsage().maxRSS;
const figures: StartFigures = { read, encode, compile, firstToken, report: since(), peak };
console.log(JSON.stringify(figures));
pipeline.dispose();
backend.dispose();
