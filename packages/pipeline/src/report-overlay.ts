import type { GreyImage } from '@crrg/image';
import { createImageHref, type OverlayInput } from './overlay.js';
import type { Report } from './report.js';

/** The overlay of a report: its described regions on the radiograph, with their sentences. */
export function overlayOf(report: Report, image: GreyImage): OverlayInput {
  const scores = new Map(report.regions.map(({ name, abnormalityScore }) => [name, abnormalityScore]));
  return {
    width: report.input.width,
    height: report.input.height,
    imageHref: createImageHref(image),
    regions: report.findings.map(({ region, box, sentence }) => ({
      name: region,
      box,
      sentence,
      score: scores.get(region),
    })),
    title: `${report.input.file ?? 'Radiograph'} · ${report.provenance.model.name}`,
    notice: report.intendedUse,
    scoreName: 'abnormality',
  };
}
