import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('run-examples.ts', import.meta.url));

it('the examples of guide pages that are marked run do run, with the demonstration weights', async () => {
  const args = ['--conditions=@crrg/source', '--import', 'tsx', PROGRAM];
  const { stdout } = await promisify(execFile)('node', args).catch((failed: { stdout: string }) => failed);
  const outcomes = [...stdout.matchAll(/^== ([^:]+\.md):\d+ (passed|failed.*)/gm)];
  expect(outcomes.filter(([, , outcome]) => outcome !== 'passed').map(([line]) => line)).toEqual([]);
  expect(new Set(outcomes.map(([, page]) => page))).toEqual(
    new Set([
      'README.md',
      'docs/index.md',
      'docs/guide/evaluate.md',
      'docs/guide/node.md',
      'docs/guide/server.md',
      'docs/reference/configuration.md',
      'docs/reference/errors.md',
      'docs/reference/report-json.md',
    ]),
  );
}, 300_000);
