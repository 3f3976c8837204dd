import { testBackend } from '@crrg/tensor/testing';
import { createOnnxBackend } from './index.js';

testBackend('onnxruntime-web', () => createOnnxBackend({ runtime: 'web', threads: 1 }));
