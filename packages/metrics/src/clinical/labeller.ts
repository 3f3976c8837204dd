import { MetricsError } from '../errors.js';
import { assertMention, createCueFinder, isLocation } from './assertion.js';
import { CLINICAL_FINDINGS, type ClinicalFinding, type LabelStatus, type ReportLabels } from './findings.js';
import { findMentions, type Mention } from './mentions.js';
import { splitReport } from './sentences.js';

/** One place where a report speaks of a finding. */
export interface ClinicalMention {
  readonly finding: ClinicalFinding;
  readonly status: LabelStatus;
  /** The words that mention it. */
  readonly phrase: string;
  /** The words that negate it or cast doubt on it. */
  readonly cue?: string | undefined;
  /** The sentence in the form that the rules read: lower case, without punctuation at its end. */
  readonly sentence: string;
}

/** The labels of a report and the mentions they rest on. Plain data. */
export interface LabelledReport {
  readonly labels: ReportLabels;
  readonly mentions: readonly ClinicalMention[];
}

/** The name of a row whose value speaks of it again: "effusion: no effusion". */
function isRepeatedLabel(sentence: string, mention: Mention, mentions: readonly Mention[]): boolean {
  const isLabel = /^(?: [a-z]+){0,3} [:-] /.test(sentence.slice(mention.end));
  return isLabel && mentions.some(({ finding, start }) => finding === mention.finding && start > mention.end);
}

function mentionsOf(sentence: string): ClinicalMention[] {
  const all = findMentions(sentence);
  const found = all.filter((mention) => !isRepeatedLabel(sentence, mention, all));
  const cuesOf = createCueFinder(sentence);
  return found.flatMap((mention) => {
    const assertion = assertMention(sentence, mention, found, cuesOf);
    if (assertion.status === 'positive' && isLocation(sentence, mention)) return [];
    return [{ finding: mention.finding, phrase: mention.phrase, sentence, ...assertion }];
  });
}

/** Heart failure, stated or doubted, makes an enlarged heart a possibility, as in CheXpert's labeler. */
function implied({ finding, phrase, status }: ClinicalMention): [ClinicalFinding, LabelStatus][] {
  const isFailure = /^(?:chf|heart failures?)$/.test(phrase) && status !== 'negative';
  return isFailure
    ? [
        [finding, status],
        ['Cardiomegaly', 'uncertain'],
      ]
    : [[finding, status]];
}

/** Positive wins over both others, uncertain over negative. */
function strongest(statuses: readonly LabelStatus[]): LabelStatus | undefined {
  return (['positive', 'uncertain', 'negative'] as const).find((status) => statuses.includes(status));
}

/**
 * What a chest radiograph report says of the 14 findings of CheXpert: positive, negative or uncertain by phrases, `undefined` where it
 * does not speak of them. `No Finding` is positive where no other finding but a support device is positive or uncertain.
 *
 * English reports only. Phrases and cues are those of the CheXpert labeler (Irvin et al., AAAI 2019); its dependency parser is replaced by
 * rules about clauses and enumerations, so labels can differ: see the README for the measured agreement.
 *
 * @example
 * ```ts
 * const { labels, mentions } = labelReport('Stable mild cardiomegaly. No pleural effusion or pneumothorax.');
 * labels['Cardiomegaly']; // 'positive'
 * labels['Pleural Effusion']; // 'negative'
 * labels['Edema']; // undefined
 * ```
 * @throws {@link MetricsError} `INPUT` for a report that is not text
 */
export function labelReport(report: string): LabelledReport {
  if (typeof report !== 'string')
    throw new MetricsError(
      'INPUT',
      `metrics.labelReport: expected a report as text, got ${report === null ? 'null' : typeof report}; pass a string.`,
    );
  const mentions = splitReport(report).flatMap(mentionsOf);
  const statuses = new Map<ClinicalFinding, LabelStatus[]>(CLINICAL_FINDINGS.map((finding) => [finding, []]));
  for (const [finding, status] of mentions.flatMap(implied)) statuses.get(finding)!.push(status);
  const hasFinding = CLINICAL_FINDINGS.some(
    (finding) =>
      finding !== 'Support Devices' && statuses.get(finding)!.some((status) => status !== 'negative'),
  );
  const labels = Object.fromEntries(
    CLINICAL_FINDINGS.map((finding) => [finding, strongest(statuses.get(finding)!)]),
  ) as Record<ClinicalFinding, LabelStatus | undefined>;
  return { labels: { ...labels, 'No Finding': hasFinding ? undefined : 'positive' }, mentions };
}
