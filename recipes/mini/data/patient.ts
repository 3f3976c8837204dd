import { createRandom, type AnatomicalRegion, type Box, type Random, type Size } from '@crrg/core';
import { pseudoRegions, type LungBoxes } from '../../tiny/pseudo-regions.js';

/** A side of the patient. */
export type Side = 'right' | 'left';

/** What a made-up film can show. */
export type Finding =
  | { readonly kind: 'opacity'; readonly side: Side; readonly zone: 'upper' | 'mid' | 'lower' }
  | { readonly kind: 'effusion'; readonly side: Side }
  | { readonly kind: 'cardiomegaly' };

/** A made-up patient. No person lies behind it: everything is drawn from a seed. */
export interface Patient {
  /** MIMIC-CXR's `subject_id`. */
  readonly subject: string;
  readonly findings: readonly Finding[];
  /** Everything else about the patient is drawn from here. */
  readonly random: Random;
}

/** Size of the films in pixels. */
export const FILM_SIZE: Size = { width: 224, height: 256 };

/** Share of patients without a finding. */
const HEALTHY = 0.4;
const SIDES: readonly Side[] = ['right', 'left'];
const ZONES = ['upper', 'mid', 'lower'] as const;

function drawFindings(random: Random): Finding[] {
  if (random.next() < HEALTHY) return [];
  const findings: Finding[] = [];
  if (random.next() < 0.7)
    findings.push({ kind: 'opacity', side: SIDES[random.integer(2)]!, zone: ZONES[random.integer(3)]! });
  if (random.next() < 0.3) findings.push({ kind: 'effusion', side: SIDES[random.integer(2)]! });
  if (findings.length === 0 || random.next() < 0.25) findings.push({ kind: 'cardiomegaly' });
  return findings;
}

/** Patients `first` to `first + count - 1` of a seed; each is the same however many are asked for. */
export function drawPatients(seed: number, first: number, count: number): Patient[] {
  return Array.from({ length: count }, (_, index) => {
    const subject = String(10_900_001 + first + index);
    const random = createRandom(seed).fork(`patient ${subject}`);
    return { subject, findings: drawFindings(random.fork('findings')), random };
  });
}

/** The region that shows a finding best. */
export function regionOf(finding: Finding): AnatomicalRegion {
  if (finding.kind === 'opacity') return `${finding.side} ${finding.zone} lung zone`;
  if (finding.kind === 'effusion') return `${finding.side} costophrenic angle`;
  return 'cardiac silhouette';
}

/** True where a film shows an opacity, which is what stands for pneumonia here. */
export const hasOpacity = ({ findings }: Patient): boolean => findings.some(({ kind }) => kind === 'opacity');

/** The thorax of one film of a patient: lungs in pixels, and how large the heart is. */
export interface Thorax {
  readonly lungs: LungBoxes;
  /** 1 for a normal heart. */
  readonly heart: number;
}

/** How the patient stood before this film. */
export function drawThorax({ findings }: Patient, random: Random): Thorax {
  const { width, height } = FILM_SIZE;
  const middle = width * random.uniform(0.47, 0.53);
  const top = height * random.uniform(0.1, 0.16);
  const lungWidth = width * random.uniform(0.31, 0.36);
  const gap = width * random.uniform(0.03, 0.05);
  const lungHeight = height * random.uniform(0.58, 0.66);
  const lung = (x1: number, shorter: number): Box => ({
    x1,
    y1: top,
    x2: x1 + lungWidth,
    y2: top + lungHeight - shorter,
  });
  const isLarge = findings.some(({ kind }) => kind === 'cardiomegaly');
  return {
    lungs: { right: lung(middle - gap - lungWidth, height * 0.02), left: lung(middle + gap, 0) },
    heart: isLarge ? random.uniform(1.5, 1.75) : random.uniform(0.9, 1.1),
  };
}

/** The 29 regions of a thorax in whole pixels of the film, in the order of `ANATOMICAL_REGIONS`. */
export function regionBoxes({ lungs, heart }: Thorax): Box[] {
  const boxes = pseudoRegions(lungs, FILM_SIZE).map(({ x1, y1, x2, y2 }) => ({
    x1: Math.round(x1),
    y1: Math.round(y1),
    x2: Math.round(x2),
    y2: Math.round(y2),
  }));
  return boxes.map((box, index) => (index === CARDIAC ? widened(box, heart) : box));
}

const CARDIAC = 24;

/** A heart grows to the patient's left. */
function widened(box: Box, factor: number): Box {
  const grown = Math.round((box.x2 - box.x1) * (factor - 1));
  return { ...box, x1: box.x1 - Math.round(grown / 4), x2: box.x2 + Math.round((3 * grown) / 4) };
}
