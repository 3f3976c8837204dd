import { CrrgError } from '@crrg/core';
import {
  createReportPipeline,
  loadRadiograph,
  overlayOf,
  renderOverlayPng,
  type NodePipelineOptions,
} from '@crrg/pipeline';

export const runtime = 'nodejs';

const MAX_BYTES = 32 * 1024 * 1024;
const options: NodePipelineOptions = { model: 'tiny' };
let opened: ReturnType<typeof createReportPipeline> | undefined;

/** The model, opened by the first request and kept. */
const pipeline = () =>
  (opened ??= createReportPipeline(options).catch((error: unknown) => {
    opened = undefined;
    throw error;
  }));

/** Takes a film as the body's field `film`; answers with the report and its overlay as a PNG in a data URL. */
export async function POST(request: Request): Promise<Response> {
  if (Number(request.headers.get('content-length') ?? Infinity) > MAX_BYTES)
    return Response.json({ error: 'expected a film of at most 32 MB; send a smaller one' }, { status: 413 });
  const film = (await request.formData()).get('film');
  if (!(film instanceof File))
    return Response.json({ error: 'expected a file in the field "film"' }, { status: 400 });
  try {
    const { signal } = request;
    const radiograph = await loadRadiograph(film);
    const report = await (await pipeline()).generateReport(radiograph, { signal });
    const overlay = await renderOverlayPng(overlayOf(report, radiograph), { signal });
    const png = `data:image/png;base64,${Buffer.from(overlay).toString('base64')}`;
    return Response.json({ report, overlay: png }, { headers: { 'cache-control': 'no-store' } });
  } catch (error) {
    if (!CrrgError.isInstance(error)) throw error;
    const status = error.code === 'IMAGE' ? 422 : 500;
    return Response.json({ error: error.message, code: error.code }, { status });
  }
}
