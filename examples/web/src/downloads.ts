import type { Report } from '@crrg/pipeline';
import { overlayOf, renderOverlaySvg } from '@crrg/pipeline';
import type { Film } from './film.js';

/** The report as text, with everything that a reader must know beside its sentences. */
export function textOf(report: Report): string {
  const { doubts, findings, input, intendedUse, provenance, text } = report;
  const lines = [
    text || 'No region is described.',
    '',
    ...findings.map(({ region, sentence }) => `${region}: ${sentence}`),
    '',
    ...doubts.map(({ code, message }) => `In doubt (${code}): ${message}`),
    `Film: ${input.file ?? 'without a name'}, SHA-256 ${input.sha256}`,
    `Model: ${provenance.model.name} ${provenance.model.version}`,
    intendedUse,
  ];
  return `${lines.join('\n')}\n`;
}

function save(name: string, type: string, content: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const stem = ({ input }: Report) => (input.file ?? 'film').replace(/\.[^.]*$/, '');

export const saveJson = (report: Report) =>
  save(`${stem(report)}.report.json`, 'application/json', `${JSON.stringify(report, null, 2)}\n`);

export const saveText = (report: Report) => save(`${stem(report)}.report.txt`, 'text/plain', textOf(report));

export const saveOverlay = (report: Report, { radiograph }: Film) =>
  save(`${stem(report)}.overlay.svg`, 'image/svg+xml', renderOverlaySvg(overlayOf(report, radiograph)));
