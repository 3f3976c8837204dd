import createModule from '@cornerstonejs/codec-openjph/wasmjs';
import wasmBinary from '@cornerstonejs/codec-openjph/wasm';
import { serveJobs } from './serve-jobs.js';

serveJobs({ name: 'htj2k', createModule, wasmBinary });
