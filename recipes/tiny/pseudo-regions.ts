import { ANATOMICAL_REGIONS, clipBox, type AnatomicalRegion, type Box, type Size } from '@crrg/core';

/** The two lungs of a film, in any one frame. "Right" is the patient's right: the left side of the picture. */
export interface LungBoxes {
  readonly right: Box;
  readonly left: Box;
}

/** A part of a lung as fractions of its box: across from its lateral to its medial edge, down from its top. */
type LungPart = readonly [lateral: number, medial: number, top: number, bottom: number];

const LUNG_PARTS: Readonly<Record<string, LungPart>> = {
  lung: [0, 1, 0, 1],
  'upper lung zone': [0, 1, 0.05, 0.38],
  'mid lung zone': [0, 1, 0.36, 0.67],
  'lower lung zone': [0, 1, 0.65, 1],
  'hilar structures': [0.6, 1.05, 0.34, 0.68],
  'apical zone': [0.05, 1, 0, 0.2],
  'costophrenic angle': [0, 0.36, 0.78, 1.03],
  hemidiaphragm: [0, 1, 0.8, 1.08],
  clavicle: [0.05, 1.15, -0.05, 0.13],
};

/** A midline structure: offsets from the midline in thorax widths, and from the top in thorax heights. */
type MidlinePart = readonly [right: number, left: number, top: number, bottom: number];

const MIDLINE_PARTS: Readonly<Partial<Record<AnatomicalRegion, MidlinePart>>> = {
  trachea: [-0.06, 0.06, -0.08, 0.38],
  spine: [-0.07, 0.07, -0.05, 1.2],
  'aortic arch': [-0.02, 0.12, 0.22, 0.4],
  mediastinum: [-0.14, 0.2, 0, 1],
  'upper mediastinum': [-0.12, 0.13, 0, 0.4],
  svc: [-0.12, -0.01, 0.15, 0.5],
  'cardiac silhouette': [-0.14, 0.27, 0.5, 1.03],
  'cavoatrial junction': [-0.12, 0.01, 0.45, 0.6],
  'right atrium': [-0.14, 0.03, 0.5, 0.95],
  carina: [-0.05, 0.06, 0.36, 0.47],
  abdomen: [-0.5, 0.5, 0.95, 1.3],
};

function lungPart(lung: Box, [lateral, medial, top, bottom]: LungPart, side: 'right' | 'left'): Box {
  const [width, height] = [lung.x2 - lung.x1, lung.y2 - lung.y1];
  const across =
    side === 'right'
      ? [lung.x1 + lateral * width, lung.x1 + medial * width]
      : [lung.x2 - medial * width, lung.x2 - lateral * width];
  return { x1: across[0]!, x2: across[1]!, y1: lung.y1 + top * height, y2: lung.y1 + bottom * height };
}

function midlinePart({ right, left }: LungBoxes, [from, to, top, bottom]: MidlinePart): Box {
  const middle = (right.x2 + left.x1) / 2;
  const thoraxTop = Math.min(right.y1, left.y1);
  const width = left.x2 - right.x1;
  const height = Math.max(right.y2, left.y2) - thoraxTop;
  return {
    x1: middle + from * width,
    x2: middle + to * width,
    y1: thoraxTop + top * height,
    y2: thoraxTop + bottom * height,
  };
}

function regionBox(region: AnatomicalRegion, lungs: LungBoxes): Box {
  const midline = MIDLINE_PARTS[region];
  if (midline) return midlinePart(lungs, midline);
  const side = region.startsWith('right ') ? 'right' : 'left';
  return lungPart(lungs[side], LUNG_PARTS[region.slice(side.length + 1)]!, side);
}

/**
 * Pseudo-regions: the 29 anatomical boxes as fixed fractions of the two lung boxes, cut to the image. They stand in for
 * radiologists' boxes, which no open data set has; only the two lungs themselves are measured.
 */
export function pseudoRegions(lungs: LungBoxes, size: Size): Box[] {
  return ANATOMICAL_REGIONS.map((region) => clipBox(regionBox(region, lungs), size));
}
