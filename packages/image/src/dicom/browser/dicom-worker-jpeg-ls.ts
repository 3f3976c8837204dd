import createModule from '@cornerstonejs/codec-charls/decodewasmjs';
import wasmBinary from '@cornerstonejs/codec-charls/decodewasm';
import { serveJobs } from './serve-jobs.js';

serveJobs({ name: 'jpeg-ls', createModule, wasmBinary });
