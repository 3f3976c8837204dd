import { ANATOMICAL_REGIONS, type AnatomicalRegion, type Random } from '@crrg/core';

/** The 14 labels of NIH ChestX-ray14 that the recipe turns into sentences, or `No Finding`. */
export type WeakLabel = string;

/** What a region says and whether that is abnormal. */
export interface RegionPhrase {
  readonly phrase: string;
  readonly isAbnormal: boolean;
}

interface AbnormalRule {
  readonly labels: readonly WeakLabel[];
  readonly regions: readonly AnatomicalRegion[];
  readonly phrases: readonly string[];
}

const bothLungs: readonly AnatomicalRegion[] = ['right lung', 'left lung'];

/** First rule that names the region and one of the film's labels wins. The labels carry no side, so both sides are told alike. */
const ABNORMAL_RULES: readonly AbnormalRule[] = [
  {
    labels: ['Edema'],
    regions: [...bothLungs, 'right hilar structures', 'left hilar structures'],
    phrases: [
      'Hazy opacities suggest pulmonary edema.',
      'The vessels are indistinct, in keeping with edema.',
      'Findings of pulmonary edema are present.',
      'There is vascular congestion with edema.',
    ],
  },
  {
    labels: ['Pneumonia', 'Consolidation'],
    regions: [...bothLungs, 'right lower lung zone', 'left lower lung zone'],
    phrases: [
      'Patchy opacity may represent pneumonia.',
      'There is an opacity suspicious for infection.',
      'Airspace opacity is present, possibly pneumonia.',
      'Focal consolidation cannot be excluded.',
      'An area of increased density suggests pneumonia.',
    ],
  },
  {
    labels: ['Infiltration'],
    regions: [...bothLungs, 'right mid lung zone', 'left mid lung zone'],
    phrases: [
      'Ill-defined infiltrates are seen.',
      'There is a diffuse infiltrate.',
      'Interstitial markings are increased.',
      'Scattered infiltrates are present.',
    ],
  },
  {
    labels: ['Atelectasis'],
    regions: [...bothLungs, 'right lower lung zone', 'left lower lung zone'],
    phrases: [
      'Linear opacities suggest atelectasis.',
      'There is volume loss in keeping with atelectasis.',
      'Basal atelectasis is likely.',
      'Streaky atelectatic changes are seen.',
    ],
  },
  {
    labels: ['Effusion'],
    regions: ['right costophrenic angle', 'left costophrenic angle', ...bothLungs],
    phrases: [
      'Blunting suggests a pleural effusion.',
      'A small pleural effusion is likely.',
      'There is pleural fluid.',
      'The angle is obscured by fluid.',
    ],
  },
  {
    labels: ['Pneumothorax'],
    regions: ['right apical zone', 'left apical zone', ...bothLungs],
    phrases: [
      'A pneumothorax may be present.',
      'A thin pleural line suggests pneumothorax.',
      'There is pleural air.',
    ],
  },
  {
    labels: ['Nodule', 'Mass'],
    regions: ['right mid lung zone', 'left mid lung zone', ...bothLungs],
    phrases: [
      'A nodular density is seen.',
      'There is a rounded opacity.',
      'A focal lesion needs follow-up.',
      'A nodule or mass is suspected.',
    ],
  },
  {
    labels: ['Pleural_Thickening', 'Fibrosis'],
    regions: ['right apical zone', 'left apical zone', ...bothLungs],
    phrases: ['Chronic scarring is seen.', 'There is pleural thickening.', 'Fibrotic changes are present.'],
  },
  {
    labels: ['Emphysema'],
    regions: ['right upper lung zone', 'left upper lung zone', ...bothLungs],
    phrases: ['The lungs are hyperinflated.', 'Lucency suggests emphysema.', 'There is overinflation.'],
  },
  {
    labels: ['Cardiomegaly'],
    regions: ['cardiac silhouette'],
    phrases: ['The heart is enlarged.', 'There is cardiomegaly.', 'The cardiac silhouette is widened.'],
  },
];

interface NormalRule {
  readonly regions: readonly AnatomicalRegion[];
  /** How often a normal region of this kind is mentioned. */
  readonly probability: number;
  readonly phrases: readonly string[];
}

const NORMAL_RULES: readonly NormalRule[] = [
  {
    regions: bothLungs,
    probability: 0.95,
    phrases: [
      'The lung is clear.',
      'No focal opacity is seen.',
      'The lung is well aerated.',
      'There is no consolidation.',
      'No infiltrate is present.',
    ],
  },
  {
    regions: ['right costophrenic angle', 'left costophrenic angle'],
    probability: 0.7,
    phrases: [
      'The costophrenic angle is sharp.',
      'There is no pleural effusion.',
      'No pleural fluid is seen.',
    ],
  },
  {
    regions: ['cardiac silhouette'],
    probability: 0.8,
    phrases: [
      'The heart is normal in size.',
      'The cardiac silhouette is within normal limits.',
      'Heart size is normal.',
      'There is no cardiomegaly.',
    ],
  },
  {
    regions: ['mediastinum'],
    probability: 0.5,
    phrases: [
      'The mediastinal contour is unremarkable.',
      'The mediastinum is not widened.',
      'Mediastinal contours are normal.',
    ],
  },
  {
    regions: ['right hilar structures', 'left hilar structures'],
    probability: 0.3,
    phrases: ['The hilum is normal.', 'Hilar structures are unremarkable.'],
  },
  {
    regions: ['right apical zone', 'left apical zone'],
    probability: 0.25,
    phrases: ['There is no pneumothorax.', 'The apex is clear.'],
  },
  {
    regions: ['spine'],
    probability: 0.3,
    phrases: ['No acute bony abnormality is seen.', 'The visible bones are intact.'],
  },
];

function pick<T>(items: readonly T[], random: Random): T {
  return items[random.integer(items.length)]!;
}

function phraseOf(
  region: AnatomicalRegion,
  labels: readonly WeakLabel[],
  random: Random,
): RegionPhrase | undefined {
  const finding = ABNORMAL_RULES.find(
    (rule) => rule.regions.includes(region) && rule.labels.some((label) => labels.includes(label)),
  );
  if (finding) return { phrase: pick(finding.phrases, random), isAbnormal: true };
  const normal = NORMAL_RULES.find((rule) => rule.regions.includes(region));
  const mentioned = normal !== undefined && random.next() < normal.probability;
  return mentioned ? { phrase: pick(normal.phrases, random), isAbnormal: false } : undefined;
}

/**
 * One phrase or none for each of the 29 regions, in our own words, from a film's weak labels.
 * @param random decides the wording and which normal regions are mentioned
 */
export function regionPhrases(labels: readonly WeakLabel[], random: Random): (RegionPhrase | undefined)[] {
  return ANATOMICAL_REGIONS.map((region) => phraseOf(region, labels, random));
}
