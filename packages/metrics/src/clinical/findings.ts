/**
 * The 14 findings of CheXpert in the order of CheXbert's outputs.
 * Source: Irvin et al., CheXpert, AAAI 2019; Smit et al., CheXbert, EMNLP 2020.
 */
export const CLINICAL_FINDINGS = [
  'Enlarged Cardiomediastinum',
  'Cardiomegaly',
  'Lung Opacity',
  'Lung Lesion',
  'Edema',
  'Consolidation',
  'Pneumonia',
  'Atelectasis',
  'Pneumothorax',
  'Pleural Effusion',
  'Pleural Other',
  'Fracture',
  'Support Devices',
  'No Finding',
] as const;

/** Name of one of the {@link CLINICAL_FINDINGS}. */
export type ClinicalFinding = (typeof CLINICAL_FINDINGS)[number];

/** The five findings that CheXpert's competition and most papers single out. */
export const COMPETITION_FINDINGS = [
  'Cardiomegaly',
  'Edema',
  'Consolidation',
  'Atelectasis',
  'Pleural Effusion',
] as const satisfies readonly ClinicalFinding[];

/** The findings that lie in the lungs themselves, not in the pleura, the heart or the bones. */
export const LUNG_FINDINGS = [
  'Lung Opacity',
  'Lung Lesion',
  'Edema',
  'Consolidation',
  'Pneumonia',
  'Atelectasis',
] as const satisfies readonly ClinicalFinding[];

/** The findings that make a film abnormal: all but devices and the absence of findings. */
export const ABNORMAL_FINDINGS: readonly ClinicalFinding[] = CLINICAL_FINDINGS.filter(
  (name) => name !== 'No Finding' && name !== 'Support Devices',
);

/** What a report says of a finding. */
export type LabelStatus = 'positive' | 'negative' | 'uncertain';

/** What a report says of each finding; `undefined` where it does not speak of it. */
export type ReportLabels = Readonly<Record<ClinicalFinding, LabelStatus | undefined>>;
