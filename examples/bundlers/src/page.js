// Reads a film. In the address: `engine`, `onnx` (default) or one of TensorFlow.js, and `model`, where the bundle of a model is served.
import { createReportPipeline } from '@crrg/pipeline';

const outcome = document.querySelector('#outcome');
const query = new URLSearchParams(location.search);
const engine = query.get('engine') ?? 'onnx';
const model = new URL(query.get('model') ?? '/models/tiny', location.href);

async function openBackend() {
  if (engine === 'onnx') return 'onnx';
  const { createTfjsBackend } = await import('@crrg/backend-tfjs');
  return createTfjsBackend({ engine });
}

document.querySelector('input').addEventListener('change', async ({ target }) => {
  try {
    const pipeline = await createReportPipeline({ model, backend: await openBackend(), threads: 1 });
    const { text, provenance } = await pipeline.generateReport(target.files[0], { numBeams: 1 });
    outcome.textContent = JSON.stringify({ text, backend: provenance.backend });
  } catch (error) {
    outcome.textContent = JSON.stringify({ error: `${error.name}: ${error.message}` });
  }
});
