import { describe, expect, it } from 'vitest';
import { computeCalibration, computePrecisionRecallCurve, computeRocCurve } from '../classification/index.js';
import {
  renderCalibrationSvg,
  renderConfusionSvg,
  renderLinesSvg,
  renderPrecisionRecallSvg,
  renderRocSvg,
} from './index.js';
import { markOf, toX, toY } from './unit-frame.js';

const LABELS = [0, 0, 1, 1];
const SCORES = [0.1, 0.4, 0.35, 0.8];

/** Names of opened elements, refusing text that is not well formed. */
function parseXml(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, isEnd, name, rest] of xml.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*)?)>/g)) {
    if (isEnd) expect(open.pop()).toBe(name);
    else {
      names.push(name!);
      if (!rest!.endsWith('/')) open.push(name!);
    }
  }
  expect(open).toEqual([]);
  expect(xml.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
  return names;
}

/** The pixels of the n-th drawn path, without its legend sample. */
function pathPoints(svg: string, index: number): number[][] {
  const paths = [...svg.matchAll(/<path d="M([^"h]*)"/g)];
  return paths[index]![1]!.split('L').map((point) => point.split(' ').map(Number));
}

const curve = computeRocCurve(LABELS, SCORES);

describe('a ROC plot', () => {
  it('draws the points of the curve', () => {
    const expected = curve.falsePositiveRate.map((x, at) => [toX(x), toY(curve.truePositiveRate[at]!)]);
    expect(pathPoints(renderRocSvg([{ name: 'edema', curve }]), 0)).toEqual(expected);
  });

  it('names axes, series and title, whatever the letters in them', () => {
    const svg = renderRocSvg([{ name: '<b> & "c"', curve }], { title: "R'OC" });
    parseXml(svg);
    expect(svg).toContain('&lt;b&gt; &amp; &quot;c&quot;');
    expect(svg).toContain('<title>R&#39;OC</title>');
    expect(svg).toContain('False positive rate');
    expect(svg).toContain('True positive rate');
  });

  it('keeps long curves small', () => {
    const many = Array.from({ length: 50_000 }, (_, at) => at);
    const long = computeRocCurve(
      many.map((at) => (at * 7919) % 3 === 0),
      many,
    );
    expect(renderRocSvg([{ name: 'long', curve: long }]).length).toBeLessThan(120_000);
  });

  it('is refused without a series', () => {
    expect(() => renderRocSvg([])).toThrow(/at least one series/);
  });
});

describe('marks', () => {
  it('differ for the first 28 series', () => {
    const marks = Array.from({ length: 28 }, (_, index) => JSON.stringify(markOf(index)));
    expect(new Set(marks).size).toBe(28);
  });
});

describe('a precision-recall plot', () => {
  it('draws the steps that average precision adds up', () => {
    const pr = computePrecisionRecallCurve(LABELS, SCORES);
    const points = pathPoints(renderPrecisionRecallSvg([{ name: 'edema', curve: pr, prevalence: 0.5 }]), 0);
    for (const [at, point] of points.slice(1).entries()) {
      const before = points[at]!;
      expect(point[0] === before[0] || point[1] === before[1]).toBe(true);
    }
    expect(points[0]).toEqual([toX(1), toY(0.5)]);
    expect(points.at(-1)).toEqual([toX(0), toY(1)]);
  });
});

describe('a calibration plot', () => {
  it('has a dot for each bin that holds items and a bar for each bin', () => {
    const names = parseXml(
      renderCalibrationSvg([{ name: 'edema', calibration: computeCalibration(LABELS, SCORES) }]),
    );
    expect(names.filter((name) => name === 'circle')).toHaveLength(3); // 0.35 and 0.4 share a bin
    expect(names.filter((name) => name === 'rect')).toHaveLength(2 + 10);
  });
});

describe('a confusion plot', () => {
  it('shows counts and shares of the true class', () => {
    const svg = renderConfusionSvg([
      [3, 1],
      [0, 0],
    ]);
    parseXml(svg);
    expect([...svg.matchAll(/>(\d+)</g)].map(([, count]) => count)).toEqual(['3', '1', '0', '0']);
    expect([...svg.matchAll(/>([\d.]+ %|–)</g)].map(([, share]) => share)).toEqual([
      '75.0 %',
      '25.0 %',
      '–',
      '–',
    ]);
    expect(svg).toContain('>negative<');
  });

  it('is refused for a matrix that is not square and for wrong names', () => {
    expect(() => renderConfusionSvg([[1, 2]])).toThrow(/square matrix/);
    expect(() => renderConfusionSvg([[NaN]])).toThrow(/square matrix/);
    expect(() => renderConfusionSvg([[1]], { classNames: [] })).toThrow(/expected 1 class names, got 0/);
  });
});

describe('a plot of lines', () => {
  const labels = { xLabel: 'films', yLabel: 'seconds' };
  const ticks = (svg: string, anchor: string) =>
    [...svg.matchAll(new RegExp(`font-size="13" text-anchor="${anchor}"[^>]*>([^<]*)<`, 'g'))].map(
      ([, label]) => label,
    );

  it('has axes from 0 to a round number that holds every point, and the points in proportion', () => {
    const svg = renderLinesSvg(
      [
        {
          name: 'one',
          points: [
            [1, 30],
            [8, 250],
          ],
        },
        { name: 'two', points: [[2, 0]] },
      ],
      labels,
    );
    parseXml(svg);
    expect(ticks(svg, 'middle')).toEqual(['0', '2', '4', '6', '8']);
    expect(ticks(svg, 'end')).toEqual(['0', '50', '100', '150', '200', '250']);
    expect(pathPoints(svg, 0)).toEqual([
      [toX(1 / 8), toY(30 / 250)],
      [toX(1), toY(1)],
    ]);
    expect(svg).toContain(`<circle cx="${toX(0.25)}" cy="${toY(0)}"`);
  });

  it('writes steps below 1 with their decimals, and has an axis where all is 0', () => {
    expect(ticks(renderLinesSvg([{ name: 'a', points: [[0, 0.013]] }], labels), 'end')).toEqual([
      '0.0000',
      '0.0025',
      '0.0050',
      '0.0075',
      '0.0100',
      '0.0125',
      '0.0150',
    ]);
    expect(ticks(renderLinesSvg([{ name: 'a', points: [[0, 0]] }], labels), 'end')).toEqual(['0', '1']);
  });

  it('is refused without points, and with numbers that are no measurements', () => {
    for (const points of [[], [[1, -1]], [[Number.NaN, 1]], [[1, Infinity]]] as [number, number][][])
      expect(() => renderLinesSvg([{ name: 'a', points }], labels)).toThrow(/finite numbers from 0 on/);
  });
});
