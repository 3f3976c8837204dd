/**
 * Compares the labels of `labelReport` with the MeSH codes of the Indiana University reports (Open-i) and prints the README's table.
 *
 *   npm run labels:agreement -- FOLDER     FOLDER holds indiana_reports.csv
 *
 * A report counts with text and with codes; a finding of a report counts where its label is not uncertain.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { labelReport, type ClinicalFinding } from '@crrg/metrics';

/** First words of the codes that stand for each finding. */
const CODES: Partial<Record<ClinicalFinding, readonly string[]>> = {
  Cardiomegaly: ['Cardiomegaly', 'Cardiac Shadow/enlarged'],
  'Pleural Effusion': ['Pleural Effusion'],
  Atelectasis: ['Pulmonary Atelectasis'],
  Pneumothorax: ['Pneumothorax', 'Hydropneumothorax', 'Hemopneumothorax'],
  Consolidation: ['Consolidation'],
  Fracture: ['Fractures, Bone'],
  Edema: ['Pulmonary Edema', 'Pulmonary Congestion', 'Heart Failure'],
  'Lung Opacity': ['Opacity', 'Infiltrate', 'Airspace Disease', 'Cicatrix', 'Markings'],
  'Lung Lesion': ['Nodule', 'Mass', 'Cavitation'],
  Pneumonia: ['Pneumonia'],
  'Support Devices': [
    'Catheters, Indwelling',
    'Surgical Instruments',
    'Implanted Medical Device',
    'Medical Device',
    'Tube, Inserted',
    'Stents',
    'Spinal Fusion',
    'Sutures',
    'Contrast Media',
  ],
  'No Finding': ['normal'],
  'Enlarged Cardiomediastinum': ['Mediastinum'],
};

interface Counts {
  both: number;
  statedOnly: number;
  codedOnly: number;
}

interface Row {
  readonly MeSH: string;
  readonly findings: string;
  readonly impression: string;
}

function readReports(folder: string): Row[] {
  const text = readFileSync(join(folder, 'indiana_reports.csv'));
  const rows = parse(text, { columns: true, bom: true }) as Row[];
  return rows.filter(
    ({ MeSH, findings, impression }) => (findings || impression) && !MeSH.includes('No Indexing'),
  );
}

function countAgreement(reports: readonly Row[]): Map<ClinicalFinding, Counts> {
  const findings = Object.keys(CODES) as ClinicalFinding[];
  const counts = new Map(findings.map((finding) => [finding, { both: 0, statedOnly: 0, codedOnly: 0 }]));
  for (const { MeSH, findings: text, impression } of reports) {
    const { labels } = labelReport([text, impression].filter(Boolean).join('\n\n'));
    const codes = MeSH.split(';');
    for (const finding of findings) {
      if (labels[finding] === 'uncertain') continue;
      const isCoded = codes.some((code) => CODES[finding]!.some((start) => code.startsWith(start)));
      const isStated = labels[finding] === 'positive';
      const count = counts.get(finding)!;
      if (isStated && isCoded) count.both += 1;
      else if (isStated) count.statedOnly += 1;
      else if (isCoded) count.codedOnly += 1;
    }
  }
  return counts;
}

const folder = process.argv[2];
if (!folder || !existsSync(join(folder, 'indiana_reports.csv'))) {
  console.error(
    `labels:agreement: expected a folder with indiana_reports.csv, got ${folder ?? 'none'}; usage: npm run labels:agreement -- FOLDER`,
  );
  process.exit(2);
}
const reports = readReports(folder);
console.log(`${reports.length} reports\n`);
console.log('| finding | stated and coded | stated, not coded | coded, not stated | precision | recall |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
for (const [finding, { both, statedOnly, codedOnly }] of countAgreement(reports)) {
  const precision = (both / (both + statedOnly)).toFixed(3);
  const recall = (both / (both + codedOnly)).toFixed(3);
  console.log(`| ${finding} | ${both} | ${statedOnly} | ${codedOnly} | ${precision} | ${recall} |`);
}
