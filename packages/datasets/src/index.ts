export {
  collapsePythonSpace,
  formatPythonCsvRow,
  formatPythonFloat,
  formatPythonLiteral,
  formatPythonString,
  parsePythonLiteral,
  PythonFloat,
  type PythonCsvOptions,
  type PythonLiteralLimits,
  type PythonValue,
  type WritablePythonValue,
} from './python/index.js';
export type { RegionAnnotation, RegionStudy, StudySplit } from './region-study.js';
