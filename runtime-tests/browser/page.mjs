// Runs in the page: writes the outcome where the harness looks for it.
import { createOnnxBackend } from '@crrg/backend-onnx';
import { findDisagreement } from '../graph.mjs';

const outcome = document.querySelector('#outcome');
try {
  const backend = await createOnnxBackend({ runtime: 'web', threads: 1, wasmPaths: '/ort/' });
  const disagreement = await findDisagreement(backend);
  outcome.textContent = disagreement ? `failed: ${disagreement}` : `passed: ${backend.name}`;
} catch (error) {
  outcome.textContent = `failed: ${error.stack ?? error}`;
}
