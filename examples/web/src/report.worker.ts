import { addBackend } from '@crrg/pipeline/worker';

// TensorFlow.js is fetched only where it is chosen.
addBackend('own:webgl', async () => {
  const { createTfjsBackend } = await import('@crrg/backend-tfjs');
  return createTfjsBackend({ engine: 'webgl' });
});
