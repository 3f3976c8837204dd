import createModule from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import wasmBinary from '@cornerstonejs/codec-openjpeg/decodewasm';
import { serveJobs } from './serve-jobs.js';

serveJobs({ name: 'jpeg-2000', createModule, wasmBinary });
