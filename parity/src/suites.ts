import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ParitySuite } from './framework/context.js';

/** A suite is loaded only when a case needs it, so that one part can be checked without the others. */
interface SuiteEntry {
  readonly cases: RegExp;
  /** The `schema` that the file must state, where the name alone does not tell. */
  readonly schema?: string;
  readonly load: () => Promise<ParitySuite>;
}

const SUITES: readonly SuiteEntry[] = [
  { cases: /^expected\//, load: async () => (await import('./datasets/suite.js')).datasetSuite },
  { cases: /\.expected$/, load: async () => (await import('./checkpoints/suite.js')).checkpointSuite },
  { cases: /^weights\//, load: async () => (await import('./models/generated-weights.js')).generatorSuite },
  {
    cases: /^augment\/rclip_/,
    load: async () => (await import('./image/crop-augmentation.js')).cropAugmentationSuite,
  },
  { cases: /^(prep|augment)\//, load: async () => (await import('./image/preprocessing.js')).prepSuite },
  { cases: /^detector\//, load: async () => (await import('./models/detector/suite.js')).detectorSuite },
  { cases: /^classifiers\//, load: async () => (await import('./models/classifiers.js')).classifierSuite },
  { cases: /^lm\//, load: async () => (await import('./models/report-gen/suite.js')).languageModelSuite },
  { cases: /^e2e\//, load: async () => (await import('./models/rrg/suite.js')).endToEndSuite },
  { cases: /^clip\//, load: async () => (await import('./models/rclip/suite.js')).clipSuite },
  {
    cases: /(^|\/)classification$/,
    load: async () => (await import('./metrics/classification.js')).classificationSuite,
  },
  { cases: /^optim\//, load: async () => (await import('./training/optim.js')).optimSuite },
  {
    cases: /^(?!expected\/)/,
    schema: 'nlg-golden/1',
    load: async () => (await import('./metrics/text.js')).textMetricsSuite,
  },
];

async function schemaOf(folder: string, caseName: string): Promise<unknown> {
  const sidecar = JSON.parse(await readFile(join(folder, `${caseName}.json`), 'utf8')) as {
    schema?: unknown;
  };
  return sidecar.schema;
}

/** The suite that answers for a case, if there is one. */
export async function findSuite(folder: string, caseName: string): Promise<ParitySuite | undefined> {
  for (const entry of SUITES) {
    if (!entry.cases.test(caseName)) continue;
    if (entry.schema !== undefined && entry.schema !== (await schemaOf(folder, caseName))) continue;
    const suite = await entry.load();
    if (suite.matches(caseName)) return suite;
  }
  return undefined;
}
