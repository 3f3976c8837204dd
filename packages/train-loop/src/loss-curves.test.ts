import { describe, expect, it } from 'vitest';
import { renderLossCurves } from './loss-curves.js';

const paths = (svg: string) =>
  [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#(?!444444)/g)].map(([, path]) => path!);

describe('renderLossCurves', () => {
  it('maps the smallest and largest tick to the ends of the plot', () => {
    const svg = renderLossCurves(
      [
        {
          name: 'a',
          points: [
            { x: 0, y: 0 },
            { x: 6, y: 6 },
          ],
        },
      ],
      { width: 300, height: 198 },
    );
    expect(paths(svg)).toEqual(['M76 144L276 44']);
  });

  it('leaves a gap where a value is not finite, or not positive on a logarithmic axis', () => {
    const points = [1, 2, NaN, 4, 0, 3].map((y, x) => ({ x, y }));
    expect(paths(renderLossCurves([{ name: 'a', points }]))[0]!.match(/M/g)).toHaveLength(2);
    expect(
      paths(renderLossCurves([{ name: 'a', points }], { logarithmic: true }))[0]!.match(/M/g),
    ).toHaveLength(3);
  });

  it('escapes names', () => {
    expect(renderLossCurves([{ name: '<b>&', points: [] }])).toContain('&lt;b&gt;&amp;');
  });

  it('draws equal values and no values without NaN', () => {
    for (const points of [[], [{ x: 3, y: 2 }]]) {
      for (const logarithmic of [false, true])
        expect(renderLossCurves([{ name: 'a', points }], { logarithmic })).not.toContain('NaN');
    }
  });
});
