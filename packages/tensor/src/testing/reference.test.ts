import { createReferenceBackend, testBackend } from '../testing.js';

testBackend('reference', createReferenceBackend);
