export { EXIT_CODES, type CliIo, type TextSink } from './io.js';
export { runCli } from './main.js';
export { runProcess } from './process.js';
