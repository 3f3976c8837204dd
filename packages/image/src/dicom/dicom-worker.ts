import { parentPort } from 'node:worker_threads';
import { nodeCodecs } from './codecs-node.js';
import { answerJob } from './answer-job.js';
import { transferablesOf, type DicomJob } from './job.js';
import { limitWasmMemory } from './memory-limit.js';

limitWasmMemory();
parentPort!.on('message', async (job: DicomJob) => {
  const answer = await answerJob(job, nodeCodecs);
  parentPort!.postMessage(answer, transferablesOf(answer));
});
parentPort!.postMessage('ready');
