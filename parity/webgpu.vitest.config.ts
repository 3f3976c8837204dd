import { mergeConfig } from 'vitest/config';
import shared from '../vitest.config.js';

/** The conformance suite of WebGPU in Node, on the machine's own GPU: a part of `npm run check:gpu`. */
const config = mergeConfig(shared, { test: { testTimeout: 120_000, hookTimeout: 120_000 } });
config.test.include = ['parity/src/webgpu/*.conformance.ts'];
export default config;
