export { testBackend } from './testing/conformance.js';
export { CONFORMANCE_CASES, type ConformanceCase } from './testing/conformance-cases.js';
export {
  createReferenceBackend,
  interpret,
  type ReferenceInput,
  type ReferenceTensor,
} from './testing/reference-backend.js';
