// Measures one point of a curve in a process of its own: curve-run.ts REQUEST FILM…, a request as JSON. Prints one line of JSON.
import { readFileSync, writeFileSync } from 'node:fs';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { loadModel, type ReportModel } from '@crrg/pipeline';
import type { CurveModel, PointFigures, PointRequest } from './curve-axes.js';
import { openFullModel, withoutEndOfText } from './full-model.js';
import { openStages, sumOf } from './report-stages.js';

const PARTS = {
  detection: ['preprocess', 'backbone', 'proposals', 'roi', 'select'],
  text: ['prefill', 'decode'],
} as const;

/** Starts Linux's count of the largest resident memory anew (`proc(5)`, clear_refs); false elsewhere. */
function forgetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** Largest resident MiB since {@link forgetPeak}. */
const recentPeak = () =>
  Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

const openModel = async (name: CurveModel, golden: string): Promise<ReportModel> =>
  name === 'full' ? openFullModel(golden) : withoutEndOfText(await loadModel('tiny'));

async function measure(
  { model: name, golden, dtype, work, goes }: PointRequest,
  films: readonly Uint8Array[],
): Promise<PointFigures> {
  const { films: count, pixels, ...text } = work;
  const backend = await createOnnxBackend();
  const model = await openModel(name, golden);
  const detector = { ...model.config.detector, imageSize: pixels };
  const sized = { ...model, config: { ...model.config, detector } };
  const stages = await openStages(backend, sized, { dtype, maxBeams: Math.max(4, work.beams) });
  const opening = process.resourceUsage().maxRSS / 1024;
  const isForgotten = forgetPeak();
  const batch = Array.from({ length: count }, (_, at) => films[at % films.length]!);
  await stages.run(batch, text);
  const runs: Record<keyof typeof PARTS, number>[] = [];
  for (let go = 0; go < goes; go++) {
    const { laps } = await stages.run(batch, text);
    runs.push({ detection: sumOf(laps, PARTS.detection), text: sumOf(laps, PARTS.text) });
  }
  const report = isForgotten ? recentPeak() : undefined;
  stages.dispose();
  backend.dispose();
  const secondsOf = (part: keyof typeof PARTS) => Math.min(...runs.map((run) => run[part])) / 1000;
  return {
    seconds: { detection: secondsOf('detection'), text: secondsOf('text') },
    memory: { opening, report },
  };
}

const [request, ...films] = process.argv.slice(2);
const figures = await measure(
  JSON.parse(request!) as PointRequest,
  films.map((film) => readFileSync(film)),
);
console.log(JSON.stringify(figures));
