import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { softwareDriver } from './adapter.js';
import { chooseParts, listParts } from './parts.js';
import { runNode, summarize } from './run-part.js';

const missing = (isSoftware: boolean, golden: string) =>
  Object.fromEntries(listParts({ isSoftware, golden }).map((part) => [part.name, part.missing]));

describe('the parts of a check of the GPU', () => {
  it('are all where there are a GPU and golden data', () => {
    expect(missing(false, tmpdir())).toEqual({
      conformance: undefined,
      'parity-tiny': undefined,
      'parity-full': undefined,
      report: undefined,
      'training-step': undefined,
    });
  });

  it('say which data they lack', () => {
    const found = missing(false, '/nowhere');
    for (const name of ['parity-tiny', 'parity-full', 'report'])
      expect(found[name]).toBe('/nowhere is not here');
    expect(found['conformance']).toBeUndefined();
  });

  it('are only about what is right on the software adapter', () => {
    const found = missing(true, tmpdir());
    expect(Object.keys(found).filter((name) => found[name] === undefined)).toEqual([
      'conformance',
      'parity-tiny',
    ]);
  });

  it('are chosen by name, and an unknown one is refused', () => {
    const parts = listParts({ isSoftware: false, golden: tmpdir() });
    expect(chooseParts(parts, 'report,conformance').map(({ name }) => name)).toEqual([
      'conformance',
      'report',
    ]);
    expect(chooseParts(parts, undefined)).toEqual(parts);
    expect(() => chooseParts(parts, 'report,speed')).toThrow(
      /--only must be of conformance, .*, got speed\./,
    );
  });

  it('are summed up in one line', () => {
    const line = summarize([
      { name: 'conformance', state: 'passed' },
      { name: 'report', state: 'skipped', why: 'no data' },
      { name: 'parity-tiny', state: 'failed', why: 'exit code 1' },
      { name: 'training-step', state: 'passed' },
    ]);
    expect(line).toBe(
      '2 passed: conformance, training-step; 1 failed: parity-tiny (exit code 1); 1 skipped: report (no data)',
    );
  });

  it('end where they take too long, and give their exit code where they do not', async () => {
    const settings = { env: process.env, minutes: 0.5 / 60 };
    expect(await runNode(['-e', 'setTimeout(() => {}, 60_000)'], settings)).toBeUndefined();
    expect(await runNode(['-e', 'process.exitCode = 3'], { ...settings, minutes: 1 })).toBe(3);
  });
});

describe('a driver of the environment', () => {
  it('is told where it computes on the processor', () => {
    expect(softwareDriver({ VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json' })).toContain(
      'swiftshader',
    );
    expect(softwareDriver({ VK_DRIVER_FILES: '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json' })).toContain(
      'lvp',
    );
    expect(softwareDriver({ VK_ICD_FILENAMES: '/etc/vulkan/icd.d/nvidia_icd.json' })).toBeUndefined();
    expect(softwareDriver({})).toBeUndefined();
  });
});
