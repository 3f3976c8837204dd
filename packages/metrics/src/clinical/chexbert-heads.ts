import { MetricsError } from '../errors.js';
import { CLINICAL_FINDINGS } from './findings.js';
import type { ReportLabelValues } from './label-values.js';

/** What CheXbert's classes are, in the coding of its files. */
const CLASSES = ['', 1, 0, -1] as const;

/** How many classes a head has: `No Finding` is blank or positive. */
const sizeOf = (finding: string) => (finding === 'No Finding' ? 2 : CLASSES.length);

/**
 * The labels of one report from the outputs of CheXbert's 14 heads, in its order: the most likely class of each (blank, positive, negative,
 * uncertain), in the coding of its files.
 *
 * Source: Smit et al., *CheXbert*, EMNLP 2020, and its `label.py`.
 *
 * @throws {@link MetricsError} `INPUT` where there are not 14 outputs of 4 numbers, the last of 2
 */
export function toChexbertLabels(logits: readonly ArrayLike<number>[]): ReportLabelValues {
  const isGood =
    logits.length === CLINICAL_FINDINGS.length &&
    CLINICAL_FINDINGS.every((finding, at) => logits[at]!.length === sizeOf(finding));
  if (!isGood)
    throw new MetricsError(
      'INPUT',
      `metrics.toChexbertLabels: expected 13 outputs of 4 numbers and one of 2, got ${logits.map(({ length }) => length).join(', ') || 'none'}; give what CheXbert's heads put out for one report.`,
    );
  return Object.fromEntries(
    CLINICAL_FINDINGS.map((finding, at) => {
      const scores = Array.from(logits[at]!);
      return [finding, CLASSES[scores.indexOf(Math.max(...scores))]!];
    }),
  );
}
