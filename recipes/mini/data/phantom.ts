import { ANATOMICAL_REGIONS, type Box, type Random } from '@crrg/core';
import { FILM_SIZE, regionBoxes, regionOf, type Finding, type Patient, type Thorax } from './patient.js';

const { width: WIDTH, height: HEIGHT } = FILM_SIZE;

/** Smooth step from 0 at `from` to 1 at `to`. */
function ramp(value: number, from: number, to: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** A field over the film: what is added at a pixel. */
type Field = (x: number, y: number) => number;

/** 1 inside a lung, 0 outside, soft at the edge: narrow at the apex, with a dome of the diaphragm below. */
function lungField(box: Box, side: 'right' | 'left'): Field {
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
  return (x, y) => {
    const down = (y - box.y1) / height;
    if (down < -0.02 || down > 1.05 || x < box.x1 - 2 || x > box.x2 + 2) return 0;
    const across = side === 'right' ? (box.x2 - x) / width : (x - box.x1) / width;
    const lateral = 0.62 + 0.38 * Math.sin(Math.min(1, 0.15 + down) * (Math.PI / 2));
    const medial = 0.06 + 0.08 * Math.sin(down * Math.PI);
    const dome = 1 - 0.16 * (1 - ((across - 0.45) / 0.55) ** 2);
    const apex = 0.02 + 0.12 * ((across - 0.4) / 0.4) ** 2;
    return (
      ramp(across, medial - 0.04, medial + 0.04) *
      ramp(lateral - across, -0.03, 0.05) *
      ramp(dome - down, -0.02, 0.04) *
      ramp(down - apex, -0.02, 0.04)
    );
  };
}

/** Bright arcs of the ribs, lower towards the sides. */
function ribField({ lungs }: Thorax, spacing: number, phase: number): Field {
  const middle = (lungs.right.x2 + lungs.left.x1) / 2;
  return (x, y) => {
    const out = Math.abs(x - middle) / (WIDTH / 2);
    if (out < 0.12) return 0;
    const wave = Math.cos(((y - 34 * out * out) / spacing) * 2 * Math.PI + phase);
    return ramp(wave, 0.35, 0.95) * ramp(out, 0.12, 0.3);
  };
}

const bell = (x: number, y: number, { x1, y1, x2, y2 }: Box, spread: number) =>
  Math.exp(
    -(((x - (x1 + x2) / 2) / ((x2 - x1) * spread)) ** 2 + ((y - (y1 + y2) / 2) / ((y2 - y1) * spread)) ** 2),
  );

/** What a finding adds to the film. */
function findingField(finding: Finding, thorax: Thorax, boxes: readonly Box[], random: Random): Field {
  const box = boxes[ANATOMICAL_REGIONS.indexOf(regionOf(finding))]!;
  if (finding.kind === 'opacity') {
    const strength = random.uniform(0.34, 0.46);
    const [dx, dy] = [random.uniform(-5, 5), random.uniform(-4, 4)];
    const lung = lungField(thorax.lungs[finding.side], finding.side);
    return (x, y) => {
      const patchy = 0.9 + 0.1 * Math.sin(x * 0.21 + y * 0.13 + dx) * Math.cos(y * 0.27 + dy);
      return strength * patchy * bell(x - dx, y - dy, box, 0.48) * (0.3 + 0.7 * lung(x, y));
    };
  }
  if (finding.kind === 'effusion') {
    const lung = thorax.lungs[finding.side];
    const level = lung.y2 - (lung.y2 - lung.y1) * random.uniform(0.24, 0.34);
    const lateral = finding.side === 'right' ? lung.x1 : lung.x2;
    return (x, y) => {
      if (x < lung.x1 - 2 || x > lung.x2 + 2 || y > lung.y2 + 6) return 0;
      const inward = Math.abs(x - lateral) / (lung.x2 - lung.x1);
      return 0.42 * ramp(y - (level + 26 * inward), -3, 6) * ramp(inward, 0.02, 0.08);
    };
  }
  return () => 0;
}

/** Heart, great vessels, spine and shoulders: what is bright in the middle. */
function middleField(thorax: Thorax, boxes: readonly Box[]): Field {
  const heart = boxes[ANATOMICAL_REGIONS.indexOf('cardiac silhouette')]!;
  const middle = (thorax.lungs.right.x2 + thorax.lungs.left.x1) / 2;
  const arch = boxes[ANATOMICAL_REGIONS.indexOf('aortic arch')]!;
  const radius = (x: number, y: number, { x1, y1, x2, y2 }: Box) => {
    const [across, down] = [(x - (x1 + x2) / 2) / ((x2 - x1) / 2), (y - (y1 + y2) / 2) / ((y2 - y1) / 2)];
    return Math.sqrt(across * across + down * down);
  };
  return (x, y) => {
    const spine = Math.exp(-(((x - middle) / (WIDTH * 0.055)) ** 2));
    const disc = 0.9 + 0.1 * Math.cos(y * 0.5);
    const trachea = y < thorax.lungs.right.y1 + 60 ? Math.exp(-(((x - middle) / 5) ** 2)) : 0;
    return Math.max(
      ramp(1.08 - radius(x, y, heart), 0, 0.28) * 0.3,
      spine * disc * 0.24 - trachea * 0.16,
      ramp(1.1 - radius(x, y, arch), 0, 0.3) * 0.2,
    );
  };
}

/** The body around the lungs: neck, shoulders, sides, and the abdomen below. */
function bodyField({ lungs: { right, left } }: Thorax): Field {
  const middle = (right.x2 + left.x1) / 2;
  const half = (left.x2 - right.x1) / 2;
  return (x, y) => {
    const shoulder = ramp(y, right.y1 - 34, right.y1 + 26);
    const reach = (0.42 + 0.86 * shoulder) * half;
    const inside = ramp(reach - Math.abs(x - middle), -4, 10);
    return inside * (0.46 + 0.14 * ramp(y, right.y2 - 10, right.y2 + 20));
  };
}

function clavicleField(boxes: readonly Box[]): Field {
  const [right, left] = [
    boxes[ANATOMICAL_REGIONS.indexOf('right clavicle')]!,
    boxes[ANATOMICAL_REGIONS.indexOf('left clavicle')]!,
  ];
  const bar = ({ x1, y1, x2, y2 }: Box, rises: boolean, x: number, y: number) => {
    const along = (x - x1) / (x2 - x1);
    if (along < 0 || along > 1) return 0;
    const centre = rises ? y1 + (y2 - y1) * (0.25 + 0.5 * along) : y2 - (y2 - y1) * (0.25 + 0.5 * along);
    return Math.exp(-(((y - centre) / 3) ** 2));
  };
  return (x, y) => 0.16 * Math.max(bar(right, true, x, y), bar(left, false, x, y));
}

/** A film as drawn: what it shows, and the boxes of its regions. */
export interface Film {
  /** Row by row, in [0, 1]. */
  readonly pixels: Float64Array;
  readonly boxes: readonly Box[];
}

/** Draws a film of a patient: geometry of a chest, findings, exposure and noise. */
export function renderFilm({ findings }: Patient, thorax: Thorax, random: Random): Film {
  const boxes = regionBoxes(thorax);
  const lungs = [lungField(thorax.lungs.right, 'right'), lungField(thorax.lungs.left, 'left')];
  const ribs = ribField(thorax, random.uniform(19, 23), random.uniform(0, 6));
  const [middle, body, clavicles] = [middleField(thorax, boxes), bodyField(thorax), clavicleField(boxes)];
  const added = findings.map((finding) => findingField(finding, thorax, boxes, random));
  const [gain, gamma, noise] = [
    random.uniform(0.9, 1.05),
    random.uniform(0.85, 1.2),
    random.uniform(0.012, 0.03),
  ];
  const pixels = new Float64Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const lung = Math.max(lungs[0]!(x, y), lungs[1]!(x, y));
      const tissue = body(x, y);
      const centre = middle(x, y);
      const inside = ramp(tissue, 0.05, 0.3);
      const air = tissue * (1 - 0.74 * lung) + (0.03 + 0.07 * lung) * ribs(x, y) * inside;
      const solid = Math.max(air, inside * (0.42 + centre) * ramp(centre, 0.02, 0.1));
      const shown = added.reduce((sum, field) => sum + field(x, y), solid + clavicles(x, y));
      const value = gain * Math.min(1, Math.max(0, shown)) ** gamma + noise * random.normal();
      pixels[y * WIDTH + x] = Math.min(1, Math.max(0, value));
    }
  return { pixels, boxes };
}
