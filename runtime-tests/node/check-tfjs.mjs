import assert from 'node:assert/strict';
import { createTfjsBackend } from '@crrg/backend-tfjs';
import { findDisagreement } from '../graph.mjs';

for (const engine of ['cpu', 'wasm']) {
  const backend = await createTfjsBackend({ engine });
  assert.equal(await findDisagreement(backend), '', engine);
  backend.dispose();
}
console.log('tfjs/cpu, tfjs/wasm');
