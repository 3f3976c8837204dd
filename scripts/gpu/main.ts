/**
 * `npm run check:gpu`: is WebGPU in Node right on this machine's GPU, and how fast? About ten minutes: which GPU and driver, the conformance
 * suite, parity, and the benchmarks of a report and a training step, beside PyTorch with CUDA where `CRRG_BENCH_PYTHON` has it. The last line
 * says what passed; exit code 1 where something failed or there is no GPU.
 *
 *   npm run check:gpu
 *   npm run check:gpu -- --only conformance,report
 *   npm run check:gpu -- --golden FOLDER    golden cases of models (default ../shared/golden/models)
 *   npm run check:gpu -- --software         what is right, not how fast, on Chromium's adapter that computes on the processor
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { softwareVulkan } from '@crrg/parity/software-vulkan';
import { describeAdapters, softwareDriver } from './adapter.js';
import { chooseParts, listParts, type Part } from './parts.js';
import { runNode, summarize, type Outcome } from './run-part.js';

const PROBE = ['--conditions=@crrg/source', '--import', 'tsx', path.join('scripts', 'gpu', 'probe.ts')];

/** The environment of all parts; a message where there is no adapter of the kind that is asked for. */
async function findAdapter(isSoftware: boolean): Promise<NodeJS.ProcessEnv | string> {
  const software = softwareVulkan();
  if (isSoftware && !software)
    return "no software adapter: install Debian's chromium, or name it with CHROMIUM.";
  const named = softwareDriver();
  if (!isSoftware && named !== undefined)
    return `no GPU: the environment names ${named}, which computes on the processor; unset it, or check with --software.`;
  const env = { ...process.env, ...(isSoftware && software) };
  for (const line of describeAdapters(env)) console.log(line);
  if ((await runNode(PROBE, { env, minutes: 2 })) === 0) return env;
  return isSoftware
    ? 'the software adapter does not run; see the message above, and install libvulkan1.'
    : 'no GPU adapter; see the message above. On Linux install libvulkan1 and the driver of the GPU, or check with --software what needs none.';
}

async function runPart(part: Part, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const { name, does, args, minutes, missing } = part;
  if (missing !== undefined) return { name, state: 'skipped', why: missing };
  console.log(`\n== ${name}: ${does}`);
  const started = performance.now();
  const code = await runNode(args, { env, minutes });
  console.log(`-- ${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (code === undefined) return { name, state: 'failed', why: `longer than ${minutes} minutes` };
  return code === 0 ? { name, state: 'passed' } : { name, state: 'failed', why: `exit code ${code}` };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      software: { type: 'boolean', default: false },
      only: { type: 'string' },
      golden: { type: 'string', default: '../shared/golden/models' },
    },
  });
  const isSoftware = values.software;
  const parts = chooseParts(listParts({ isSoftware, golden: values.golden }), values.only);
  const env = await findAdapter(isSoftware);
  if (typeof env === 'string') {
    console.error(`check:gpu: ${env}`);
    return 1;
  }
  const outcomes: Outcome[] = [];
  for (const part of parts) outcomes.push(await runPart(part, env));
  console.log(`\n${isSoftware ? 'software adapter, ' : ''}${summarize(outcomes)}`);
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
}

process.exitCode = await main();
