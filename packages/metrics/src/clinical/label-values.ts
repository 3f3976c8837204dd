import { MetricsError } from '../errors.js';
import { CLINICAL_FINDINGS, type ClinicalFinding } from './findings.js';

/** What the values of labels are: names, or the numbers of CheXpert's and CheXbert's files. */
export type LabelCoding = 'status' | 'chexbert';

/** Labels of one report in either coding; a finding that is not there is not mentioned. */
export type ReportLabelValues = Readonly<
  Partial<Record<ClinicalFinding, number | string | null | undefined>>
>;

const BLANK = 0;
/** @internal */
export const POSITIVE = 1;
const NEGATIVE = 2;
/** @internal */
export const UNCERTAIN = 3;

const NAMES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [undefined, BLANK],
  ['positive', POSITIVE],
  ['negative', NEGATIVE],
  ['uncertain', UNCERTAIN],
]);
const NUMBERS: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [undefined, BLANK],
  [null, BLANK],
  ['', BLANK],
  [NaN, BLANK],
  [1, POSITIVE],
  [0, NEGATIVE],
  [-1, UNCERTAIN],
]);

const CODINGS: Readonly<Record<LabelCoding, { values: ReadonlyMap<unknown, number>; expected: string }>> = {
  status: {
    values: NAMES,
    expected: 'positive, negative, uncertain or undefined',
  },
  chexbert: { values: NUMBERS, expected: '1, 0, -1 or a blank (NaN, null, undefined)' },
};

const KEYS = new Map<string, ClinicalFinding>(CLINICAL_FINDINGS.map((name) => [keyOf(name), name]));

function keyOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

/** Refuses a report without a known finding, and a finding spelled otherwise, which would not be counted. */
function checkNames(where: string, labels: object, whose: string): void {
  let numKnown = 0;
  for (const name in labels) {
    const finding = KEYS.get(keyOf(name));
    if (finding === name) numKnown += 1;
    else if (finding !== undefined)
      throw new MetricsError(
        'INPUT',
        `${where}: expected the finding "${finding}" in ${whose}, got "${name}"; rename it.`,
      );
  }
  if (numKnown === 0)
    throw new MetricsError(
      'INPUT',
      `${where}: expected findings such as "${CLINICAL_FINDINGS[1]}" in ${whose}, got none; name them as CLINICAL_FINDINGS does.`,
    );
}

/**
 * Codes of a report's labels in the order of the findings.
 * @throws {@link MetricsError}
 * @internal
 */
export function toCodes(
  where: string,
  labels: ReportLabelValues,
  coding: LabelCoding,
  side: string,
  index: number,
): Uint8Array {
  if (!Object.hasOwn(CODINGS, coding))
    throw new MetricsError(
      'OPTION',
      `${where}: expected coding status or chexbert, got ${String(coding)}; choose one.`,
    );
  const { values, expected } = CODINGS[coding];
  const whose = `${side} ${index}`;
  checkNames(where, labels, whose);
  const codes = new Uint8Array(CLINICAL_FINDINGS.length);
  CLINICAL_FINDINGS.forEach((finding, at) => {
    const value = labels[finding];
    const code = values.get(value);
    if (code === undefined)
      throw new MetricsError(
        'INPUT',
        `${where}: expected ${expected} for ${finding} of ${whose}, got ${typeof value === 'string' ? JSON.stringify(value) : String(value)}; ${coding === 'status' ? "numbers of CheXbert need coding: 'chexbert'" : 'repair the labels'}.`,
        { details: { index, finding } },
      );
    codes[at] = code;
  });
  return codes;
}
