// A native engine that is not installed gives an error that says what to install.
import assert from 'node:assert/strict';
import { createTfjsBackend } from '@crrg/backend-tfjs';

await assert.rejects(
  createTfjsBackend({ engine: 'node' }),
  (error) => error.code === 'BACKEND' && /npm install @tensorflow\/tfjs-node/.test(error.message),
);
