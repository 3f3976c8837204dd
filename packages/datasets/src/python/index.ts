export { formatPythonCsvRow, type PythonCsvOptions } from './csv-row.js';
export { formatPythonFloat, formatPythonLiteral, formatPythonString } from './format-literal.js';
export {
  PythonFloat,
  type PythonLiteralLimits,
  type PythonValue,
  type WritablePythonValue,
} from './literal.js';
export { parsePythonLiteral } from './parse-literal.js';
export {
  collapsePythonSpace,
  PYTHON_SPACE,
  splitPythonWords,
  stripPythonSpace,
  universalNewlines,
} from './white-space.js';
