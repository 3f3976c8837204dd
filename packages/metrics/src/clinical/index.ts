export {
  CLINICAL_FINDINGS,
  COMPETITION_FINDINGS,
  type ClinicalFinding,
  type LabelStatus,
  type ReportLabels,
} from './findings.js';
export { labelReport, type ClinicalMention, type LabelledReport } from './labeller.js';
export {
  computeLabelAgreement,
  type LabelAgreement,
  type LabelScores,
  type MeanLabelScores,
} from './label-agreement.js';
