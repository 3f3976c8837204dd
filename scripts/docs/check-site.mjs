// Follows every link of the built site to its page and anchor. Prints a line a problem; exit code 1 where there is one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../docs/.vitepress/dist/', import.meta.url));
const pages = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.html'),
);
const decode = (text) => decodeURIComponent(text.replaceAll('&amp;', '&'));
const attributes = (html, name) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => decode(value));
const anchors = new Map(
  pages.map((page) => [page, new Set(attributes(readFileSync(path.join(DIST, page), 'utf8'), 'id'))]),
);

/** The file that a web server gives for an address. */
const fileOf = (address) =>
  [address, `${address}.html`, path.join(address, 'index.html')].find(
    (file) => /\.\w+$/.test(file) && existsSync(path.join(DIST, file)),
  );

const problems = new Set();
let links = 0;
for (const page of pages) {
  for (const href of attributes(readFileSync(path.join(DIST, page), 'utf8'), 'href')) {
    if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(href)) continue;
    links += 1;
    const [address, anchor] = href.split('#', 2);
    const target =
      address === ''
        ? page
        : fileOf(address.startsWith('/') ? address.slice(1) : path.join(path.dirname(page), address));
    if (target === undefined) problems.add(`${page}: links to ${href}, which is not there.`);
    else if (anchor && !anchors.get(target)?.has(anchor))
      problems.add(`${page}: links to ${href}, which has no #${anchor}.`);
  }
}
for (const problem of problems) console.log(problem);
console.log(`site: ${pages.length} pages, ${links} links, ${problems.size} problems`);
process.exitCode = problems.size === 0 && pages.length > 0 ? 0 : 1;
