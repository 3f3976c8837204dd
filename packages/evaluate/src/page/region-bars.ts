import { escapeXml } from '@crrg/core';
import type { DetectionSection } from '../rrg/evaluate-rrg-films.js';

const LEFT = 190;
const WIDTH = 760;
const ROW = 22;
const TOP = 8;
const RIGHT = 64;

const toX = (value: number) => LEFT + value * (WIDTH - LEFT - RIGHT);
const round = (value: number) => Math.round(value * 10) / 10;

/** Mean IoU of each region as bars with their intervals; colours are those of the page. */
export function renderRegionBars({ regions }: DetectionSection): string {
  const entries = Object.entries(regions).flatMap(([name, { scores }]) =>
    scores.meanIou ? [{ name, ...scores.meanIou }] : [],
  );
  const bottom = TOP + entries.length * ROW;
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
    `<path class="grid" d="M${round(toX(value))} ${TOP}V${bottom}"/>`,
    `<text class="soft" x="${round(toX(value))}" y="${bottom + 17}" text-anchor="middle">${value}</text>`,
  ]);
  const bars = entries.flatMap(({ name, estimate, low, high }, index) => {
    const y = TOP + index * ROW;
    const middle = y + ROW / 2;
    return [
      `<text x="${LEFT - 10}" y="${middle + 4.5}" text-anchor="end">${escapeXml(name)}</text>`,
      `<rect class="bar" x="${LEFT}" y="${y + 4}" width="${round(toX(estimate) - LEFT)}" height="${ROW - 8}"/>`,
      `<path class="whisker" d="M${round(toX(low))} ${middle}H${round(toX(high))}M${round(toX(low))} ${middle - 4}v8M${round(toX(high))} ${middle - 4}v8"/>`,
      `<text class="soft" x="${WIDTH - RIGHT + 12}" y="${middle + 4.5}">${estimate.toFixed(3)}</text>`,
    ];
  });
  const height = bottom + 24;
  return [
    `<svg class="bars" xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    '<title>Mean IoU by region</title>',
    ...grid,
    ...bars,
    '</svg>',
  ].join('\n');
}
