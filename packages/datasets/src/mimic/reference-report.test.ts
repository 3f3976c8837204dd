import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataError } from '@crrg/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picturePath, reportPath } from './paths.js';
import { readMimicReport } from './read-report.js';
import { referenceReport } from './reference-report.js';

describe('the reference report', () => {
  it('is the last findings section, white space collapsed', () => {
    const report = '\n FINDINGS: first\n IMPRESSION: x\n ADDENDUM TO FINDINGS:  a \n\tb\u2003c\n';
    expect(referenceReport('1', report)).toEqual({ outcome: 'used', text: 'a b c' });
  });

  it('is an earlier findings section where the last one is empty', () => {
    const report = '\n FINDINGS: first\n IMPRESSION: x\n FINDINGS: \n \n DATE: y\n';
    expect(referenceReport('1', report)).toEqual({ outcome: 'used', text: 'first' });
  });

  it('is missing for the studies that the section parser lists by hand, whatever they say', () => {
    expect(referenceReport('50913680', '\n FINDINGS: x\n')).toEqual({
      outcome: 'excepted study',
      text: null,
    });
    expect(referenceReport('59982525', undefined).outcome).toBe('excepted study');
  });

  it('is missing without a file, and without findings', () => {
    expect(referenceReport('1', undefined)).toEqual({ outcome: 'no report file', text: null });
    expect(referenceReport('1', '\n FINDINGS/IMPRESSION: x\n')).toEqual({
      outcome: 'no findings section',
      text: null,
    });
  });
});

describe('the file of a report', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'crrg-mimic-'));
    await mkdir(path.join(root, 'files/p10/p10000001'), { recursive: true });
  });
  afterAll(() => rm(root, { recursive: true }));

  it('lies below the first two digits of the subject', () => {
    expect(reportPath('10000001', '50000001')).toBe('files/p10/p10000001/s50000001.txt');
    expect(picturePath('10000001', '50000001', 'a-b')).toBe('files/p10/p10000001/s50000001/a-b.jpg');
  });

  it('is read as UTF-8; there may be none', async () => {
    await writeFile(path.join(root, reportPath('10000001', '50000001')), '\ufeff\u00e9');
    expect(await readMimicReport(root, '10000001', '50000001')).toBe('\ufeff\u00e9');
    expect(await readMimicReport(root, '10000001', '50000002')).toBeUndefined();
    expect(await readMimicReport(root, '20000001', '50000002')).toBeUndefined();
  });

  it('is refused where it is not UTF-8, with its path and without its text', async () => {
    await writeFile(
      path.join(root, reportPath('10000001', '50000003')),
      Buffer.from([0x73, 0x65, 0x63, 0xff]),
    );
    const refusal = await readMimicReport(root, '10000001', '50000003').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataError);
    expect((refusal as DataError).message).toMatch(/s50000003\.txt: expected UTF-8 text/);
    expect((refusal as DataError).message).not.toContain('sec,');
  });
});
