/**
 * The 29 anatomical regions in the order of the detector's classes (class = index + 1, 0 is background).
 * Source: Chest ImaGenome's region names as RGRG (Tanida et al., CVPR 2023) orders them.
 */
export const ANATOMICAL_REGIONS = [
  'right lung',
  'right upper lung zone',
  'right mid lung zone',
  'right lower lung zone',
  'right hilar structures',
  'right apical zone',
  'right costophrenic angle',
  'right hemidiaphragm',
  'left lung',
  'left upper lung zone',
  'left mid lung zone',
  'left lower lung zone',
  'left hilar structures',
  'left apical zone',
  'left costophrenic angle',
  'left hemidiaphragm',
  'trachea',
  'spine',
  'right clavicle',
  'left clavicle',
  'aortic arch',
  'mediastinum',
  'upper mediastinum',
  'svc',
  'cardiac silhouette',
  'cavoatrial junction',
  'right atrium',
  'carina',
  'abdomen',
] as const;

/** Name of one of the 29 anatomical regions. "Right" and "left" are the patient's. */
export type AnatomicalRegion = (typeof ANATOMICAL_REGIONS)[number];

/** True for a name in {@link ANATOMICAL_REGIONS}. */
export function isAnatomicalRegion(name: string): name is AnatomicalRegion {
  return (ANATOMICAL_REGIONS as readonly string[]).includes(name);
}
