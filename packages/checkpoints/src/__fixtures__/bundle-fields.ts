import type { BundleContent } from '../node/bundle.js';

/** What a bundle says of itself, but for its weights and files. */
export const BUNDLE_FIELDS: Omit<BundleContent, 'weights' | 'attachments'> = {
  name: 'tiny',
  version: '1',
  config: {},
  preprocessing: {},
  labels: [],
  thresholds: {},
  tokenizer: null,
  licence: 'CC0-1.0',
  trainingData: 'none',
  source: 'a test',
  modelCard: 'card.md',
};
