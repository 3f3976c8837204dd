import type { Doubt } from '@crrg/core';
import { generateReport, type Report } from '@crrg/pipeline';

export async function sentencesOf(film: string, signal: AbortSignal): Promise<readonly string[]> {
  const report: Report = await generateReport(film, { signal });
  const doubts: readonly Doubt[] = report.doubts;
  return [...report.findings.map(({ sentence }) => sentence), ...doubts.map(({ message }) => message)];
}

export async function labelsOf(film: Uint8Array): Promise<readonly string[]> {
  const { classification } = await generateReport(film, { classify: true });
  // @ts-expect-error a number is no film
  await generateReport(1);
  return classification.map(({ label }) => label);
}
