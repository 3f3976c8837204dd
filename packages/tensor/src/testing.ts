export { testBackend, type TestBackendOptions } from './testing/conformance.js';
export type { ConformanceCase } from './testing/conformance/case.js';
export { CONFORMANCE_CASES } from './testing/conformance/cases.js';
export {
  createReferenceBackend,
  interpret,
  type ReferenceInput,
  type ReferenceTensor,
} from './testing/reference-backend.js';
