import { ConfigError, INTENDED_USE, boxIntersection, createRandom, type Box } from '@crrg/core';
import { greyImage, sniffImage } from '@crrg/image';
import { decodeRgbImage } from '@crrg/image/node';
import { describe, expect, it } from 'vitest';
import { markOf, placeTags } from './marks.js';
import { measureText, wrapText } from './text.js';
import { renderOverlayPng } from '../overlay-node.js';
import { createImageHref, renderOverlaySvg, type OverlayInput } from './render-overlay.js';

const film = greyImage(
  40,
  60,
  Uint8Array.from({ length: 2400 }, (_, at) => at % 256),
);
const input: OverlayInput = {
  width: 400,
  height: 600,
  imageHref: createImageHref(film),
  regions: [
    {
      name: 'right lung',
      box: { x1: 40, y1: 60, x2: 200, y2: 480 },
      sentence: 'The right lung is clear.',
      score: 0.914,
    },
    {
      name: 'cardiac silhouette',
      box: { x1: 160, y1: 300, x2: 320, y2: 480 },
      sentence: 'The heart is <large> & round.',
    },
    { name: 'carina', box: null },
  ],
};

describe('renderOverlaySvg', () => {
  it('draws each box in the frame of the film and lists its sentence under the same number', () => {
    const svg = renderOverlaySvg(input);
    expect(svg).toContain('x="64" y="96" width="256" height="672"');
    for (const text of [
      'right lung',
      'The right lung is clear.',
      'score 0.91',
      'carina',
      'Not found in the image.',
      INTENDED_USE,
    ]) {
      expect(svg).toContain(text);
    }
    expect(svg.match(/<text[^>]*>1<\/text>/g)).toHaveLength(2);
    expect(svg.match(/<text[^>]*>3<\/text>/g)).toHaveLength(1);
  });

  it('draws large boxes first, so that small ones lie on them', () => {
    const names = (regions: OverlayInput['regions']) =>
      [...renderOverlaySvg({ ...input, regions }).matchAll(/<g><title>([^<]*)</g)].map(([, name]) => name);
    const [large, small] = input.regions;
    expect(names([large!, small!])).toEqual(['right lung', 'cardiac silhouette']);
    expect(names([small!, large!])).toEqual(['right lung', 'cardiac silhouette']);
  });

  it('escapes what would be markup', () => {
    const svg = renderOverlaySvg({ ...input, title: '<script>"x"</script>\u0000' });
    expect(svg).toContain('The heart is &lt;large&gt; &amp; round.');
    expect(svg).not.toContain('<script>');
    expect(svg).not.toContain('\u0000');
  });

  it('says so where no region is described', () => {
    expect(renderOverlaySvg({ ...input, regions: [] })).toContain('No region is described.');
  });

  it('grows with the legend, to two columns where one is too tall, and never with the size of the film', () => {
    const sizeOf = (svg: string) =>
      /width="(\d+)" height="(\d+)"/.exec(svg)!.slice(1).map(Number) as [number, number];
    const [width, height] = sizeOf(renderOverlaySvg(input));
    const regions = Array.from({ length: 60 }, () => input.regions[0]!);
    const [wide, tall] = sizeOf(renderOverlaySvg({ ...input, regions }));
    expect(wide).toBeGreaterThan(width + 500);
    expect(tall).toBeGreaterThan(height);
    expect(sizeOf(renderOverlaySvg({ ...input, regions: regions.slice(0, 16) }))[0]).toBe(width);
    expect(sizeOf(renderOverlaySvg({ ...input, width: 4000, height: 6000 }))).toEqual([width, height]);
  });

  it('refuses references to other files, empty films and boxes that are no numbers', () => {
    expect(() => renderOverlaySvg({ ...input, imageHref: 'https://example.org/film.png' })).toThrow(
      ConfigError,
    );
    expect(() => renderOverlaySvg({ ...input, imageHref: 'data:image/png;base64,AA=="/><script>' })).toThrow(
      ConfigError,
    );
    expect(() => renderOverlaySvg({ ...input, width: 0 })).toThrow('got 0x600');
    const box = { x1: NaN, y1: 0, x2: 1, y2: 1 };
    expect(() => renderOverlaySvg({ ...input, regions: [{ name: 'spine', box }] })).toThrow(
      'finite box for spine',
    );
  });
});

describe('renderOverlayPng', () => {
  it('renders text, boxes and film without any font of the system', async () => {
    const { data, width, height } = await decodeRgbImage(await renderOverlayPng(input));
    const [, svgWidth, svgHeight] = /width="(\d+)" height="(\d+)"/.exec(renderOverlaySvg(input))!;
    expect([width, height]).toEqual([Number(svgWidth), Number(svgHeight)]);
    const pixel = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    expect(pixel(24 + 64, 24 + 500)).toEqual([0xe6, 0x9f, 0x00]);
    const legendLeft = 24 + 640 + 24;
    const bright = Array.from({ length: 500 * 60 }, (_, at) =>
      pixel(legendLeft + 52 + (at % 500), 60 + Math.floor(at / 500)),
    );
    expect(bright.filter(([red]) => red! > 200).length).toBeGreaterThan(300);
  });

  it('zooms', async () => {
    const one = sniffImage(await renderOverlayPng(input));
    expect(sniffImage(await renderOverlayPng(input, { zoom: 0.5 })).width).toBe(one.width / 2);
  });
});

describe('createImageHref', () => {
  const decode = (href: string) => decodeRgbImage(Buffer.from(href.split(',')[1]!, 'base64'));

  it('stretches 16-bit films to the range of 8 bits', async () => {
    const picture = await decode(createImageHref(greyImage(3, 1, Uint16Array.of(1000, 2000, 3000))));
    expect([...picture.data]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255]);
  });

  it('shrinks large films', async () => {
    const picture = await decode(createImageHref(greyImage(60, 20, new Uint8Array(1200)), { maxSide: 30 }));
    expect([picture.width, picture.height]).toEqual([30, 10]);
  });
});

describe('marks', () => {
  it('differ between thirty regions', () => {
    expect(new Set(Array.from({ length: 30 }, (_, index) => JSON.stringify(markOf(index)))).size).toBe(30);
  });

  it('keep the tags of crowded and even equal boxes apart and on the film', () => {
    const random = createRandom(2);
    const boxes: Box[] = Array.from({ length: 12 }, () => {
      const [x1, y1] = [random.uniform(0, 600), random.uniform(0, 600)];
      return { x1, y1, x2: x1 + random.uniform(20, 400), y2: y1 + random.uniform(20, 400) };
    });
    const equal = Array.from({ length: 12 }, () => ({ x1: 100, y1: 100, x2: 300, y2: 250 }));
    for (const set of [boxes, equal]) {
      const tags = placeTags(set, { width: 34, height: 26 }, { width: 960, height: 960 });
      tags.forEach((tag, index) => {
        expect(tag.x1 >= 0 && tag.y1 >= 0 && tag.x2 <= 960 && tag.y2 <= 960).toBe(true);
        for (const other of tags.slice(index + 1)) expect(boxIntersection(tag, other)).toBe(0);
      });
    }
  });
});

describe('text', () => {
  it('wraps at words and breaks what is longer than a line', () => {
    const style = { fontSize: 10 };
    const lines = wrapText(
      'a pneumothorax is not seen anywhere Donaudampfschifffahrtsgesellschaft',
      90,
      style,
    );
    expect(lines.every((line) => measureText(line, style) <= 90)).toBe(true);
    expect(lines.join('').replaceAll(' ', '')).toBe(
      'apneumothoraxisnotseenanywhereDonaudampfschifffahrtsgesellschaft',
    );
    expect(wrapText('  ', 90, style)).toEqual([]);
  });
});
