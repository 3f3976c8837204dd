import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSite } from './check-site.mjs';

describe('checkSite', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'crrg-site-'));
    mkdirSync(path.join(folder, 'a'));
    writeFileSync(path.join(folder, 'a/index.html'), '<h2 id="here"></h2><a href="../b#there">b</a>');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('follows addresses without endings, folders and anchors', () => {
    writeFileSync(
      path.join(folder, 'b.html'),
      '<a id="there" href="/a/#here">a</a><a href="https://c/d">d</a>',
    );
    expect(checkSite(folder)).toEqual({ pages: 2, links: 2, problems: [] });
  });

  it('names pages and anchors that are not there', () => {
    writeFileSync(path.join(folder, 'b.html'), '<a href="/a/#gone">a</a><a href="c">c</a>');
    expect(checkSite(folder).problems).toEqual([
      'a/index.html: links to ../b#there, which has no #there.',
      'b.html: links to /a/#gone, which has no #gone.',
      'b.html: links to c, which is not there.',
    ]);
  });
});
