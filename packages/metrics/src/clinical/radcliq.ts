import { MetricsError } from '../errors.js';

/** What RadCliQ-v1 is made of, for one report. */
export interface RadCliQColumns {
  /** `combined` of {@link computeRadGraphF1}, of graphs by RadGraph's first model. */
  readonly radgraphCombined: number;
  /** F1 of `distilroberta-base`, rescaled with its English baseline, without idf. */
  readonly bertscore: number;
  /** Cosine of CheXbert's embeddings of the two reports. */
  readonly sembScore: number;
  /** BLEU-2 of the lower-cased report; its weight is practically 0. */
  readonly bleu2: number;
}

/** The names of {@link RadCliQColumns} in the model's order. */
export const RADCLIQ_COLUMNS = ['radgraphCombined', 'bertscore', 'sembScore', 'bleu2'] as const;

/**
 * The linear model RadCliQ-v1: means and scales of the columns, then weights and intercept, as in `radcliq-v1.pkl` of rajpurkarlab/CXR-Report-Metric,
 * commit 9c9ecad (MIT licence; Yu et al., Patterns 2023), fitted on 160 reports.
 */
const MODEL = {
  means: [0.5379231241355762, 0.6175725628125001, 0.7647942121140658, 0.44738335396242174],
  scales: [0.3028258411486429, 0.22430938459304575, 0.2539439110169773, 0.2989271671041838],
  weights: [-0.37708368261038905, -0.37030009974480316, -0.25261621789593225, 4.315048405024756e-12],
  intercept: 2.466552561323256e-10,
} as const;

/**
 * RadCliQ-v1 of one report from its columns: an estimate of errors, so **lower is better**; it may be negative. Papers that print its inverse say so.
 *
 * @example
 * ```ts
 * computeRadCliQ({ radgraphCombined: 1, bertscore: 1, sembScore: 1, bleu2: 1 }); // -1.44...
 * ```
 * @throws {@link MetricsError} `INPUT` for a column that is not a finite number
 */
export function computeRadCliQ(columns: RadCliQColumns): number {
  return RADCLIQ_COLUMNS.reduce<number>((sum, name, at) => {
    const value = columns[name];
    if (!Number.isFinite(value))
      throw new MetricsError(
        'INPUT',
        `metrics.computeRadCliQ: expected a finite number for ${name}, got ${String(value)}; compute the column first.`,
      );
    return sum + (MODEL.weights[at]! * (value - MODEL.means[at]!)) / MODEL.scales[at]!;
  }, MODEL.intercept);
}
