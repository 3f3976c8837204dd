import type { GreyImage } from '@crrg/image';
import type { LabelResult, RadiographClassification } from '../classification.js';
import { createImageHref, type OverlayHeatMap, type OverlayInput } from './render-overlay.js';
import type { Radiograph } from '../radiograph.js';
import type { Report } from '../report.js';

/** The heat map of the label that is most above its threshold; undefined where no label has one. */
function heatMapOf(labels: readonly LabelResult[]): OverlayHeatMap | undefined {
  const explained = labels.filter(({ heatMap }) => heatMap !== undefined);
  const [first] = [...explained].sort((a, b) => b.probability - b.threshold - (a.probability - a.threshold));
  if (!first) return undefined;
  const { label, probability, positive, heatMap } = first;
  const verdict = `${label} ${Math.round(100 * probability)} % (${positive ? 'above' : 'below'} threshold)`;
  return { ...heatMap!, label: verdict };
}

/** The film under an overlay: what `loadRadiograph` gave, or its pixels. */
export type OverlayFilm = GreyImage | Radiograph;

const hrefOf = (film: OverlayFilm) => createImageHref('image' in film ? film.image : film);

/** The overlay of a classification: labels with their probabilities, and the heat map of the strongest where one was asked for. */
export function classificationOverlayOf(
  { input, classification, doubts, provenance, intendedUse }: RadiographClassification,
  film: OverlayFilm,
): OverlayInput {
  return {
    width: input.width,
    height: input.height,
    imageHref: hrefOf(film),
    regions: classification.map(({ label, probability, threshold, positive }) => ({
      name: label,
      box: null,
      sentence: `${positive ? 'Above' : 'Below'} the threshold of ${threshold.toFixed(2)}.`,
      score: probability,
    })),
    heatMap: heatMapOf(classification),
    doubts,
    title: `${input.file ?? 'Radiograph'} · ${provenance.model.name}`,
    notice: intendedUse,
    scoreName: 'probability',
  };
}

/**
 * The overlay of a report: its described regions on the radiograph, with their sentences.
 *
 * @example
 * ```ts
 * const film = await loadRadiograph('film.png');
 * const report = await generateReport(film);
 * const svg = renderOverlaySvg(overlayOf(report, film));
 * ```
 */
export function overlayOf(report: Report, film: OverlayFilm): OverlayInput {
  const scores = new Map(report.regions.map(({ name, abnormalityScore }) => [name, abnormalityScore]));
  return {
    width: report.input.width,
    height: report.input.height,
    imageHref: hrefOf(film),
    regions: report.findings.map(({ region, box, sentence }) => ({
      name: region,
      box,
      sentence,
      score: scores.get(region),
    })),
    heatMap: heatMapOf(report.classification ?? []),
    doubts: report.doubts,
    title: `${report.input.file ?? 'Radiograph'} · ${report.provenance.model.name}`,
    notice: report.intendedUse,
    scoreName: 'abnormality',
  };
}
