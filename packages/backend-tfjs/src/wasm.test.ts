import { testBackend } from '@crrg/tensor/testing';
import { createTfjsBackend } from './index.js';

testBackend('tfjs wasm', () => createTfjsBackend({ engine: 'wasm' }));
