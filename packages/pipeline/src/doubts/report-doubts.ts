import { sigmoid, type AnatomicalRegion, type Doubt } from '@crrg/core';
import {
  ABNORMAL_FINDINGS,
  CLINICAL_FINDINGS,
  labelReport,
  LUNG_FINDINGS,
  type ClinicalFinding,
} from '@crrg/metrics';
import type { RegionSelectorConfig } from '@crrg/region-selector';
import type { LabelResult } from '../classification.js';
import type { RegionDescription, Report } from '../report.js';
import { speaksOfOtherSide } from './laterality.js';

/** A place where a report does not tell one story. */
export interface Contradiction {
  readonly kind: 'sentence-against-score' | 'lung-against-zones';
  /** The region whose sentence is contradicted. */
  readonly region: AnatomicalRegion;
}

/** What a text says, as far as its labels tell. */
interface Statement {
  /** Stated, certainly or not. */
  readonly stated: ReadonlySet<ClinicalFinding>;
  readonly denied: ReadonlySet<ClinicalFinding>;
  /** Says in general words that all is well. */
  readonly isNormal: boolean;
}

const GENERALLY_NORMAL =
  /\b(?:clear|normal|unremarkable|(?:well|fully) (?:aerated|expanded|inflated)|free of|within normal limits)\b/i;

function readStatement(text: string): Statement {
  const { labels } = labelReport(text);
  const having = (...statuses: readonly unknown[]) =>
    new Set(ABNORMAL_FINDINGS.filter((name) => statuses.includes(labels[name])));
  const stated = having('positive', 'uncertain');
  return { stated, denied: having('negative'), isNormal: stated.size === 0 && GENERALLY_NORMAL.test(text) };
}

const LUNGS: ReadonlySet<ClinicalFinding> = new Set(LUNG_FINDINGS);

const isHealthy = ({ stated, denied, isNormal }: Statement) =>
  stated.size === 0 && (isNormal || denied.size > 0);

/** Whether a text denies a finding: by name, by saying that there is no opacity at all, or by saying that all is well. */
function denies({ denied, isNormal }: Statement, finding: ClinicalFinding): boolean {
  return denied.has(finding) || (LUNGS.has(finding) && (isNormal || denied.has('Lung Opacity')));
}

const lungFindings = ({ stated }: Statement) => LUNG_FINDINGS.filter((finding) => stated.has(finding));

const ZONES = ['upper', 'mid', 'lower'] as const;

function lungAgainstZones(
  side: 'right' | 'left',
  statements: ReadonlyMap<AnatomicalRegion, Statement>,
): boolean {
  const lung = statements.get(`${side} lung`);
  if (!lung) return false;
  const zones = ZONES.flatMap((zone) => statements.get(`${side} ${zone} lung zone`) ?? []);
  if (zones.some((zone) => lungFindings(zone).some((finding) => denies(lung, finding)))) return true;
  return (
    zones.length === ZONES.length &&
    lungFindings(lung).some((finding) => zones.every((zone) => denies(zone, finding)))
  );
}

/** Which abnormality scores speak for themselves; those between the two contradict no sentence. */
export interface DecidedScores {
  /** A region that scores lower is normal. @defaultValue 0.5 */
  readonly normalBelow?: number | undefined;
  /** A region that scores higher is abnormal. @defaultValue 0.5 */
  readonly abnormalAbove?: number | undefined;
}

/**
 * The scores at which a region selector has decided: below its operating point a region is normal; trained with weight w on abnormal regions, it
 * is undecided at w / (1 + w), and sees an abnormality above that.
 */
export function decidedScores({ thresholdLogit, abnormalityPosWeight }: RegionSelectorConfig): DecidedScores {
  const abnormalAbove = abnormalityPosWeight / (1 + abnormalityPosWeight);
  return { normalBelow: Math.min(sigmoid(thresholdLogit), abnormalAbove), abnormalAbove };
}

function disagrees(
  statement: Statement,
  score: number,
  { normalBelow = 0.5, abnormalAbove = 0.5 }: DecidedScores,
): boolean {
  return statement.stated.size > 0 ? score < normalBelow : isHealthy(statement) && score > abnormalAbove;
}

/**
 * Where the sentences of a report contradict each other or the abnormality scores: a lung that is called clear above a zone that is not, or
 * the other way round; a sentence that states an abnormality of a region that scores as normal, or denies it of one that scores as abnormal.
 * Sentences are read by `labelReport` of `@crrg/metrics`, English only; one that states or denies nothing that it knows contradicts nothing.
 *
 * @example
 * ```ts
 * const report = await generateReport('film.png');
 * findContradictions(report); // [{ kind: 'sentence-against-score', region: 'left lung' }]
 * ```
 */
export function findContradictions(
  { regions, findings }: Pick<Report, 'regions' | 'findings'>,
  decided: DecidedScores = {},
): Contradiction[] {
  const statements = new Map(findings.map(({ region, sentence }) => [region, readStatement(sentence)]));
  const againstScore = regions.flatMap(({ name, abnormalityScore }): Contradiction[] => {
    const statement = statements.get(name);
    const isContradicted = statement !== undefined && disagrees(statement, abnormalityScore, decided);
    return isContradicted ? [{ kind: 'sentence-against-score', region: name }] : [];
  });
  const againstZones = (['right', 'left'] as const)
    .filter((side) => lungAgainstZones(side, statements))
    .map((side): Contradiction => ({ kind: 'lung-against-zones', region: `${side} lung` }));
  return [...againstScore, ...againstZones];
}

/** Labels of a classifier on which the text of a report says otherwise. Labels that are no CheXpert findings are not compared. */
export function findDisagreements(text: string, classification: readonly LabelResult[]): LabelResult[] {
  const { stated } = readStatement(text);
  return classification.filter(({ label, positive }) => {
    const finding = CLINICAL_FINDINGS.find((name) => name.toLowerCase() === label.toLowerCase());
    if (finding === undefined) return false;
    // A text may name a finding by the opacity that shows it; an opacity alone does not claim one of its causes.
    return positive
      ? !stated.has(finding) && !(LUNGS.has(finding) && stated.has('Lung Opacity'))
      : stated.has(finding);
  });
}

const ADVICE = 'Trust neither; look at the film.';

function againstScore(regions: string): Doubt {
  return {
    code: 'sentence-against-score',
    message: `sentence and abnormality score disagree about ${regions}. ${ADVICE}`,
  };
}

function ofOtherSide(regions: string): Doubt {
  return {
    code: 'sentence-of-other-side',
    message: `the sentence of ${regions} speaks of the other side. Do not trust it; look at the film.`,
  };
}

/** What puts the sentence of one region or box in doubt. */
export function findSentenceDoubts(
  { region, sentence, abnormalityScore }: Pick<RegionDescription, 'region' | 'sentence' | 'abnormalityScore'>,
  decided: DecidedScores,
): Doubt[] {
  const doubts: Doubt[] = [];
  if (disagrees(readStatement(sentence), abnormalityScore, decided)) doubts.push(againstScore('this place'));
  if (region && speaksOfOtherSide(region, sentence)) doubts.push(ofOtherSide(region));
  return doubts;
}

/** What in a report itself puts it in doubt. */
export function findReportDoubts(
  report: Pick<Report, 'regions' | 'findings' | 'text' | 'classification'>,
  decided: DecidedScores,
): Doubt[] {
  const contradictions = findContradictions(report, decided);
  const regionsOf = (kind: Contradiction['kind']) =>
    contradictions.flatMap((found) => (found.kind === kind ? [found.region] : [])).join(', ');
  const [byScore, byZones] = [regionsOf('sentence-against-score'), regionsOf('lung-against-zones')];
  const otherSides = report.findings
    .flatMap(({ region, sentence }) => (speaksOfOtherSide(region, sentence) ? [region] : []))
    .join(', ');
  const labels = findDisagreements(report.text, report.classification ?? []).map(({ label }) => label);
  const doubts: Doubt[] = [];
  if (byScore) doubts.push(againstScore(byScore));
  if (otherSides) doubts.push(ofOtherSide(otherSides));
  if (byZones)
    doubts.push({
      code: 'sentences-disagree',
      message: `the sentences of ${byZones} and of its zones contradict each other. ${ADVICE}`,
    });
  if (labels.length > 0)
    doubts.push({
      code: 'report-against-classifier',
      message: `the report and the classifier disagree about ${labels.join(', ')}. ${ADVICE}`,
    });
  return doubts;
}
