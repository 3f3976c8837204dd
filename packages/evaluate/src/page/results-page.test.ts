import { describe, expect, it } from 'vitest';
import { box, filmOf } from '../__fixtures__/rrg-films.js';
import type { RrgEvaluation } from '../evaluation.js';
import { evaluateRrgFilms } from '../rrg/evaluate-rrg-films.js';
import { renderResultsPage, type PageSection } from './results-page.js';

const NASTY = '<script>alert("x")</script> & \'y\'';
const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

const film = filmOf(
  `film ${NASTY}`,
  {
    'left lung': {
      box: box(10, 10, 60, 90),
      sentence: `Clear ${NASTY}.`,
      reference: { box: box(12, 10, 60, 90), text: `Opacity ${NASTY}.`, abnormal: true },
    },
    trachea: { box: box(45, 0, 55, 40), reference: { box: box(45, 0, 55, 40), text: 'Midline trachea.' } },
    spine: { reference: { text: '' } },
  },
  { report: 'Opacity in the left lung.' },
);

async function section(fields: Partial<PageSection> = {}): Promise<PageSection> {
  const evaluation: RrgEvaluation = {
    schema: 'crrg/evaluation/rrg/1',
    model: { name: NASTY, version: '1', sha256: 'ab'.repeat(32) },
    classifier: null,
    search: { numBeams: 4, maxLength: 300, similarity: 'exact' },
    studies: { file: NASTY, sha256: '', split: 'test', firstRows: 10, numStudies: 2, numFailed: 1 },
    intervals: { method: 'percentile bootstrap over patients', level: 0.95, numResamples: 20, seed: 0 },
    ...(await evaluateRrgFilms([film], { numResamples: 20 })),
    notes: [NASTY],
    intendedUse: '',
  };
  return { name: NASTY, evaluation, ...fields };
}

/** What a browser would run. */
const ACTIVE = /<script|\son[a-z]+=|javascript:|url\(/i;

/** What a browser would load or follow. */
const targetsOf = (page: string) =>
  [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, target]) => target!);

describe('a results page', () => {
  it('runs nothing and loads nothing, whatever names and texts say', async () => {
    const roc = [{ name: NASTY, labels: [0, 1, 1], scores: [0.1, 0.2, 0.9] } as const];
    const losses = [{ title: NASTY, curves: [{ name: 'train', points: [{ x: 1, y: 2 }] }] }];
    const examples = [{ film, imageHref: PIXEL }];
    const overview = [{ table: { title: NASTY, columns: [NASTY], rows: [[NASTY]], notes: [NASTY] } }];
    const sections = [await section({ roc, losses, examples }), await section()];
    const page = renderResultsPage({ title: NASTY, sections, overview });
    expect(ACTIVE.test(page)).toBe(false);
    expect(new Set(targetsOf(page))).toEqual(new Set(['#section-1', '#section-2', PIXEL]));
    expect(page).toContain("default-src 'none'");
    expect(page.replaceAll('&lt;script&gt;', '')).not.toContain('alert(&quot;x&quot;)</script');
    expect(page.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(10);
  });

  it('carries the caution on top and at the end, and how the figures came about', async () => {
    const page = renderResultsPage({ title: 'T', sections: [await section()] });
    expect(page.match(/Research software, not a medical device/g)).toHaveLength(2);
    expect(page).toContain('the first 10: 1 films of 1 patients; 1 could not be evaluated');
    expect(page).toContain('95 %, percentile bootstrap over patients, 20 samples, seed 0');
  });

  it('numbers its tables and figures through all sections', async () => {
    const page = renderResultsPage({ title: 'T', sections: [await section(), await section()] });
    for (const kind of ['Table', 'Figure']) {
      const numbers = [...page.matchAll(new RegExp(`<b>${kind} (\\d+)\\.`, 'g'))].map(([, number]) =>
        Number(number),
      );
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan(3);
    }
  });

  it('shows what was written beside what the reference says, found boxes solid and annotated ones dashed', async () => {
    const page = renderResultsPage({
      title: 'T',
      sections: [await section({ examples: [{ film, imageHref: PIXEL }] })],
    });
    const example = page.slice(page.indexOf('class="example"'));
    expect(example).toContain('data-who="written">Clear &lt;script&gt;');
    expect(example).toContain('data-who="reference">Opacity &lt;script&gt;');
    expect(example).toContain('no sentence: the region was not selected');
    // Two regions with a phrase: found and annotated box each, of two lines; the spine has none.
    expect(example.match(/stroke-width="2.5"/g)).toHaveLength(4);
    expect(example.match(/stroke-dasharray="5 5"/g)).toHaveLength(2);
    expect(example.match(/class="tag"/g)).toHaveLength(2);
  });

  it('has the same tables as the command line', async () => {
    const page = renderResultsPage({ title: 'T', sections: [await section()] });
    expect(page).toContain('Regions found.');
    expect(page).toMatch(/<th scope="row">mean IoU<\/th><td>0\.980 <span class="interval">/);
  });
});
