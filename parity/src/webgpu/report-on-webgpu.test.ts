import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createOnnxBackend } from '@crrg/backend-onnx';
import { beforeAll, describe, expect, it } from 'vitest';
import { softwareVulkan } from './driver.js';
import type { PlacedNode } from './placed-backend.js';
import { runReportGraphs, type ReportResults } from './report-graphs.js';
import type { ReportOnWebGpu } from './report-on-webgpu.js';

const SCRIPT = fileURLToPath(new URL('report-on-webgpu.ts', import.meta.url));
const environment = softwareVulkan();

/**
 * Arithmetic on sizes that differ from run to run, such as the number of columns that a cache has: a few int64 numbers that are on the
 * processor, where they are needed too. It copies nothing.
 */
const isOfSizes = ({ types }: PlacedNode) => types.every((type) => type === 'int64');

describe.skipIf(!environment)('the graphs of a report on the WebGPU provider of onnxruntime-node', () => {
  let found: ReportOnWebGpu;
  let expected: ReportResults;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crrg-webgpu-'));
    const file = join(folder, 'report.json');
    const flags = ['--import', 'tsx', '--conditions=@crrg/source', SCRIPT, file];
    await promisify(execFile)(process.execPath, flags, { env: { ...process.env, ...environment } });
    found = JSON.parse(await readFile(file, 'utf8')) as ReportOnWebGpu;
    await rm(folder, { recursive: true });
    const backend = await createOnnxBackend({ threads: 1 });
    expected = await runReportGraphs(backend);
    backend.dispose();
  }, 180_000);

  it('are all of them', () => {
    expect(Object.keys(found.placements).sort()).toEqual([
      'detector.backbone',
      'detector.boxes',
      'detector.roi',
      'rclip.explanation',
      'rclip.image',
      'rclip.text',
      'regionSelector',
      'reportGen.compaction',
      'reportGen.decodeStep',
      'reportGen.greedySteps',
      'reportGen.merge',
      'reportGen.prefill',
    ]);
    for (const nodes of Object.values(found.placements)) expect(nodes.length).toBeGreaterThan(5);
  });

  it('run on the GPU but for arithmetic on sizes, and copy nothing to the processor and back on the way', () => {
    for (const [name, nodes] of Object.entries(found.placements)) {
      const elsewhere = nodes.filter((node) => node.provider !== 'WebGpu' && !isOfSizes(node));
      const copies = nodes.filter(({ op }) => /^Memcpy/.test(op));
      expect([...elsewhere, ...copies], name).toEqual([]);
    }
  });

  it('give the words and numbers of the processor', () => {
    expect(found.results.words).toEqual(expected.words);
    const [long, single] = [expected.words.slice(0, 2), expected.words.slice(2)];
    expect(long).toEqual(single);
    expect(expected.words.flat().some((words) => words.length === 24)).toBe(true);
    for (const [name, numbers] of Object.entries(expected.numbers)) {
      const scale = Math.max(1, ...numbers.map(Math.abs));
      const got = found.results.numbers[name]!;
      expect(got.length, name).toBe(numbers.length);
      numbers.forEach((value, i) => expect(Math.abs(got[i]! - value), name).toBeLessThan(1e-5 * scale));
    }
  });
});
