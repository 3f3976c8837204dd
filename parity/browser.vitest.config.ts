import { mergeConfig } from 'vitest/config';
import shared from '../vitest.config.js';

/** The conformance suite of the engines that need a page: `npm run conformance:browser`. */
const config = mergeConfig(shared, { test: { testTimeout: 120_000, hookTimeout: 120_000 } });
config.test.include = ['parity/src/browser/*.conformance.ts'];
export default config;
