import type { ReportPipeline, ImageSource } from '@crrg/pipeline/browser';
import type { Outcome } from './page';

let opened: Promise<ReportPipeline<ImageSource>> | undefined;

/** Reads a film in the browser. The code and the weights are fetched by the first call. */
export async function reportHere(film: File): Promise<Outcome> {
  const { createReportPipeline, loadRadiograph, overlayOf, renderOverlaySvg } =
    await import('@crrg/pipeline/browser');
  opened ??= createReportPipeline({ model: '/models/tiny' });
  const pipeline = await opened.catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  const radiograph = await loadRadiograph(film);
  const report = await pipeline.generateReport(radiograph);
  const svg = renderOverlaySvg(overlayOf(report, radiograph));
  return { report, overlay: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}` };
}
