import { testBackend } from '@crrg/tensor/testing';
import { createTfjsBackend } from './index.js';

testBackend('tfjs cpu', () => createTfjsBackend({ engine: 'cpu' }));
