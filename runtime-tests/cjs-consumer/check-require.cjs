// CommonJS code can require() the packages: they are ES modules without top-level await.
const assert = require('node:assert/strict');
const { boxIou, CrrgError } = require('@crrg/core');
const { trace } = require('@crrg/tensor');
const { createOnnxBackend } = require('@crrg/backend-onnx');

assert.equal(boxIou({ x1: 0, y1: 0, x2: 2, y2: 2 }, { x1: 0, y1: 0, x2: 2, y2: 1 }), 0.5);
assert.equal(typeof trace, 'function');
assert.equal(typeof createOnnxBackend, 'function');
assert.equal(CrrgError.isInstance(new Error('x')), false);
