import { testBackend } from '@crrg/tensor/testing';
import { BACKENDS } from '../backends.js';
import { NOTHING_ON_WEBGPU } from './lacks.js';

testBackend('onnxruntime-node/webgpu', BACKENDS['onnx-webgpu-node']!, { lacks: NOTHING_ON_WEBGPU });
