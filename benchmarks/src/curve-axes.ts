import type { ReportGenDType } from '@crrg/report-gen';
import type { TextWork } from './report-stages.js';

/** The models that curves are measured on: full size with generated weights, and the demonstration model. */
export const CURVE_MODELS = ['tiny', 'full'] as const;
export type CurveModel = (typeof CURVE_MODELS)[number];

/** One point of a curve. */
export interface CurveWork extends TextWork {
  /** That go through the networks together. */
  readonly films: number;
  /** Side of the square that films are brought to. */
  readonly pixels: number;
}

/** What a process that measures one point is told. */
export interface PointRequest {
  readonly model: CurveModel;
  readonly golden: string;
  readonly dtype: ReportGenDType;
  readonly work: CurveWork;
  readonly goes: number;
}

/** What one point costs. */
export interface PointFigures {
  /** Fastest of some goes after a first one, so that a busy neighbour counts least: film to region features, and their sentences. */
  readonly seconds: { readonly detection: number; readonly text: number };
  /** Largest resident MiB while the model is opened, and afterwards; the second only where Linux tells. */
  readonly memory: { readonly opening: number; readonly report?: number | undefined };
}

/** What is varied, each alone. */
export const AXES = ['regions', 'beams', 'tokens', 'films', 'pixels'] as const;
export type Axis = (typeof AXES)[number];

/** What each axis counts, as axis title and as one of it. */
export const AXIS_LABELS: Readonly<Record<Axis, readonly [title: string, unit: string]>> = {
  regions: ['Regions with a sentence', 'region'],
  beams: ['Beams', 'beam'],
  tokens: ['Tokens of a sentence', 'token'],
  films: ['Films together', 'film'],
  pixels: ['Side of the image, pixels', 'megapixel'],
};

interface Plan {
  readonly goes: number;
  readonly base: CurveWork;
  readonly values: Readonly<Record<Axis, readonly number[]>>;
}

/** What stands still while one thing is varied, and the values of that one. */
export const PLANS: Readonly<Record<CurveModel, Plan>> = {
  full: {
    goes: 5,
    base: { regions: 10, beams: 1, tokens: 30, films: 1, pixels: 512 },
    values: {
      regions: [1, 5, 10, 20, 29],
      beams: [1, 2, 4, 8],
      tokens: [15, 30, 60, 120],
      films: [1, 2, 4, 8],
      pixels: [256, 512, 768, 1024],
    },
  },
  tiny: {
    goes: 25,
    base: { regions: 10, beams: 1, tokens: 30, films: 1, pixels: 192 },
    values: {
      regions: [1, 5, 10, 20, 29],
      beams: [1, 2, 4, 8],
      tokens: [8, 15, 30, 60],
      films: [1, 2, 4, 8, 16],
      pixels: [96, 192, 384, 768],
    },
  },
};

/** What cost is expected to be in proportion to, beside what every report costs. */
export const amountOf = (axis: Axis, value: number): number => (axis === 'pixels' ? value ** 2 / 1e6 : value);

/** Least squares: `fixed + each * x`. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): {
  readonly fixed: number;
  readonly each: number;
} {
  const meanOf = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [middle, level] = [meanOf(0), meanOf(1)];
  const each =
    points.reduce((sum, [x, y]) => sum + (x - middle) * (y - level), 0) /
    points.reduce((sum, [x]) => sum + (x - middle) ** 2, 0);
  return { fixed: level - each * middle, each };
}
