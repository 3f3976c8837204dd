import type { ConformanceCase } from './case.js';
import { compositeCases } from './composite-cases.js';
import { elementwiseCases } from './elementwise-cases.js';
import { indexingCases } from './indexing-cases.js';
import { layoutCases } from './layout-cases.js';
import { linearCases } from './linear-cases.js';
import { randomCases } from './random-cases.js';
import { reduceCases } from './reduce-cases.js';

/** Every operation, with its shapes and corner cases. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...elementwiseCases,
  ...reduceCases,
  ...linearCases,
  ...layoutCases,
  ...indexingCases,
  ...compositeCases,
  ...randomCases,
];
