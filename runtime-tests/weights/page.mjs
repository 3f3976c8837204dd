// Bundled for the page: the demonstration models as code.
import { createReportPipeline, loadBackend } from '@crrg/pipeline';
import { tiny, tinyClassifier } from '@crrg/model-tiny/embedded';

/** The report of a film. */
export async function report(film, wasmPaths) {
  const backend = await loadBackend('onnx', { threads: 1, wasmPaths });
  const pipeline = await createReportPipeline({ model: tiny, classifier: tinyClassifier, backend });
  const { text, classification } = await pipeline.generateReport(film, { numBeams: 1, classify: true });
  pipeline.dispose();
  return { text, labels: classification.map(({ label }) => label) };
}
