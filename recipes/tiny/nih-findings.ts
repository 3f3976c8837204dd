import type { ClinicalFinding } from '@crrg/metrics';

/** Labels of NIH ChestX-ray14 by the finding of CheXpert that they are; those without a counterpart are left out. */
const NIH_FINDINGS: Readonly<Partial<Record<ClinicalFinding, readonly string[]>>> = {
  Cardiomegaly: ['Cardiomegaly'],
  'Lung Opacity': ['Infiltration', 'Pneumonia', 'Consolidation', 'Atelectasis', 'Edema'],
  'Lung Lesion': ['Nodule', 'Mass'],
  Edema: ['Edema'],
  Consolidation: ['Consolidation'],
  Pneumonia: ['Pneumonia'],
  Atelectasis: ['Atelectasis'],
  Pneumothorax: ['Pneumothorax'],
  'Pleural Effusion': ['Effusion'],
  'Pleural Other': ['Pleural_Thickening'],
  'No Finding': ['No Finding'],
};

/** What the labels of an NIH film say of CheXpert's findings. */
export function clinicalFindings(labels: readonly string[]): Partial<Record<ClinicalFinding, boolean>> {
  return Object.fromEntries(
    Object.entries(NIH_FINDINGS).map(([finding, names]) => [
      finding,
      names.some((name) => labels.includes(name)),
    ]),
  );
}
