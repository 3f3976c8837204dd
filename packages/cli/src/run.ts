import { runProcess } from './index.js';

await runProcess();
