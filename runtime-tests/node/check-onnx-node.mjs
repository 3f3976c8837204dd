import assert from 'node:assert/strict';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { findDisagreement } from '../graph.mjs';

const backend = await createOnnxBackend({ runtime: 'node' });
assert.equal(await findDisagreement(backend), '');
backend.dispose();
console.log(backend.name);
