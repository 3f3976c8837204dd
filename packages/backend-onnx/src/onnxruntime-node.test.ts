import { testBackend } from '@crrg/tensor/testing';
import { createOnnxBackend } from './index.js';

testBackend('onnxruntime-node', () => createOnnxBackend({ runtime: 'node' }));
