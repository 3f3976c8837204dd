// Runs in the page: reports of the films that the server names, posted back as JSON.
import { createReportPipeline, loadBackend } from '@crrg/pipeline';
import { answersOf } from './answers.mjs';

const post = (text) => fetch('/outcome', { method: 'POST', body: text });
try {
  const names = await (await fetch('/films.json')).json();
  const backend = await loadBackend('onnx', { threads: 1, wasmPaths: '/ort/' });
  const pipeline = await createReportPipeline({
    model: '/model/weights/',
    classifier: '/model/classifier/',
    backend,
  });
  const bytesOf = async (name) => new Uint8Array(await (await fetch(`/films/${name}`)).arrayBuffer());
  await post(JSON.stringify(await answersOf(pipeline, names, bytesOf)));
} catch (error) {
  await post(`failed: ${error.stack ?? error}`);
}
