import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderLinesSvg, type LineSeries } from '@crrg/metrics';
import {
  amountOf,
  AXES,
  AXIS_LABELS,
  CURVE_MODELS,
  fitLine,
  PLANS,
  type Axis,
  type CurveModel,
  type CurveWork,
  type PointFigures,
  type PointRequest,
} from './curve-axes.js';
import type { Benchmark, BenchmarkContext } from './framework.js';
import { dtypeOption, goldenFolder, hasFullModel } from './full-model.js';
import { askSource } from './source-process.js';

const FILMS = '../shared/data/nih/images';

/** A point of an axis with what it costs. */
interface Point extends PointFigures {
  readonly value: number;
  readonly work: CurveWork;
}

const TITLES: Readonly<Record<CurveModel, string>> = {
  full: 'Full size',
  tiny: 'Demonstration model',
};

/** The names that a list on the command line has, or all. */
function chosen<T extends string>(option: string, given: string | undefined, all: readonly T[]): T[] {
  const names = given?.split(',') ?? all;
  const unknown = names.find((name) => !all.includes(name as T));
  if (unknown !== undefined)
    throw new Error(`benchmarks: --${option} must be of ${all.join(', ')}, got ${unknown}.`);
  return all.filter((name) => names.includes(name));
}

const measurePoint = (request: PointRequest, films: readonly string[]): Promise<PointFigures> =>
  askSource('./curve-run.ts', [JSON.stringify(request), ...films.slice(0, request.work.films)]);

function linesOf(points: readonly Point[]): Readonly<Record<'seconds' | 'memory', LineSeries[]>> {
  const series = (name: string, yOf: (point: Point) => number | undefined): LineSeries => ({
    name,
    points: points.flatMap((point) => {
      const y = yOf(point);
      return y === undefined ? [] : [[point.value, y] as const];
    }),
  });
  const all = {
    seconds: [
      series('film to report', ({ seconds }) => seconds.detection + seconds.text),
      series('of that: film to regions', ({ seconds }) => seconds.detection),
      series('of that: sentences', ({ seconds }) => seconds.text),
    ],
    memory: [
      series('a report', ({ memory }) => memory.report && memory.report / 1024),
      series('opening the model', ({ memory }) => memory.opening / 1024),
    ],
  };
  return { ...all, memory: all.memory.filter((line) => line.points.length > 0) };
}

async function draw(folder: string, model: CurveModel, axis: Axis, points: readonly Point[]): Promise<void> {
  const lines = linesOf(points);
  const [xLabel] = AXIS_LABELS[axis];
  for (const [name, yLabel] of [
    ['seconds', 'Seconds'],
    ['memory', 'Largest resident memory, GiB'],
  ] as const) {
    const svg = renderLinesSvg(lines[name], { title: `${TITLES[model]}: ${axis}`, xLabel, yLabel });
    await writeFile(join(folder, `${model}-${axis}-${name}.svg`), svg);
  }
}

/** Says what is added by one more: the slope of a straight line through the points, and how far they are off it. */
function describeGrowth(axis: Axis, points: readonly Point[]): string {
  const [, unit] = AXIS_LABELS[axis];
  const tell = (name: string, yOf: (point: Point) => number | undefined, dimension: string) => {
    const places = points.flatMap((point) => {
      const y = yOf(point);
      return y === undefined ? [] : [[amountOf(axis, point.value), y] as const];
    });
    if (places.length < 2) return [];
    const { fixed, each } = fitLine(places);
    const off = Math.max(...places.map(([x, y]) => Math.abs(y / (fixed + each * x) - 1)));
    return [
      `${name} ${fixed.toPrecision(3)} + ${each.toPrecision(3)} ${dimension} a ${unit} (within ${(100 * off).toFixed(0)} %)`,
    ];
  };
  return [
    ...tell('time', ({ seconds }) => seconds.detection + seconds.text, 's'),
    ...tell('memory', ({ memory }) => memory.report, 'MiB'),
  ].join('; ');
}

async function measureModel(
  context: BenchmarkContext,
  model: CurveModel,
  films: readonly string[],
): Promise<void> {
  const dtype = dtypeOption(context.options);
  const { base, values, ...plan } = PLANS[model];
  const goes = Number(context.options['rounds'] ?? plan.goes);
  const out = context.options['out'];
  if (out !== undefined) await mkdir(out, { recursive: true });
  const known = new Map<string, PointFigures>();
  const figuresOf = async (work: CurveWork): Promise<PointFigures> => {
    const key = JSON.stringify(work);
    const request = { model, golden: goldenFolder(context.options), dtype, work, goes };
    const found = known.get(key) ?? (await measurePoint(request, films));
    known.set(key, found);
    return found;
  };
  for (const axis of chosen('axis', context.options['axis'], AXES)) {
    const points: Point[] = [];
    for (const value of values[axis]) {
      const work = { ...base, [axis]: value };
      const figures = await figuresOf(work);
      points.push({ value, work, ...figures });
      const label = `curves/${model}${dtype === 'fp32' ? '' : `/${dtype}`}/${axis}/${value}`;
      const { seconds, memory } = figures;
      context.report({ name: label, value: seconds.detection + seconds.text, unit: 's' });
      context.report({ name: `${label}/text`, value: seconds.text, unit: 's' });
      if (memory.report !== undefined)
        context.report({ name: `${label}/memory`, value: memory.report, unit: 'MiB' });
    }
    context.note(`${model}, ${axis}: ${describeGrowth(axis, points)}`);
    if (out === undefined) continue;
    await draw(out, model, axis, points);
    const lines = points.map((point) => `${JSON.stringify({ model, dtype, axis, ...point })}\n`);
    await writeFile(join(out, `${model}-${axis}.jsonl`), lines.join(''));
  }
}

/** How seconds and memory grow with regions, beams, tokens, films together and image size, one at a time, each point in a process of its own. */
export const curvesBenchmark: Benchmark = {
  name: 'curves',
  async run(context) {
    if (!existsSync(FILMS)) return context.note(`skipped: ${FILMS} is not here.`);
    const names = (await readdir(FILMS)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
    const films = names.map((name) => join(FILMS, name));
    for (const model of chosen('size', context.options['size'], CURVE_MODELS)) {
      if (model === 'tiny' || hasFullModel(goldenFolder(context.options)))
        await measureModel(context, model, films);
      else context.note('skipped at full size: give --golden FOLDER with weight manifests.');
    }
  },
};
