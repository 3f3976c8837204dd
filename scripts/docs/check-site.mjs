// Follows every link of the built site to its page and anchor. Prints a line a problem; exit code 1 where there is one.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OUTSIDE = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i;
const decode = (text) => decodeURIComponent(text.replaceAll('&amp;', '&'));
const attributes = (html, name) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(([, value]) => decode(value));

/** What is wrong with the links of a folder of pages, a line each; how many pages and links there are. */
export function checkSite(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .sort();
  const pages = new Map(
    names
      .filter((name) => name.endsWith('.html'))
      .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );
  const anchors = new Map([...pages].map(([name, html]) => [name, new Set(attributes(html, 'id'))]));

  /** The file that a web server gives for an address. */
  const fileOf = (address) =>
    [address, `${address}.html`, path.posix.join(address, 'index.html')].find(
      (name) => /\.\w+$/.test(name) && existsSync(path.join(folder, name)),
    );

  function problemOf(page, href) {
    const [address, anchor] = href.split('#', 2);
    const from = address.startsWith('/') ? '.' : path.posix.dirname(page);
    const target = address === '' ? page : fileOf(path.posix.join(from, address));
    if (target === undefined) return 'is not there';
    return anchor && !anchors.get(target)?.has(anchor) ? `has no #${anchor}` : undefined;
  }

  const links = [...pages].flatMap(([page, html]) =>
    attributes(html, 'href')
      .filter((href) => !OUTSIDE.test(href))
      .map((href) => ({ page, href, problem: problemOf(page, href) })),
  );
  const problems = links
    .filter(({ problem }) => problem)
    .map(({ page, href, problem }) => `${page}: links to ${href}, which ${problem}.`);
  return { pages: pages.size, links: links.length, problems: [...new Set(problems)] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { pages, links, problems } = checkSite(
    fileURLToPath(new URL('../../docs/.vitepress/dist/', import.meta.url)),
  );
  for (const problem of problems) console.log(problem);
  console.log(`site: ${pages} pages, ${links} links, ${problems.length} problems`);
  process.exitCode = problems.length === 0 && pages > 0 ? 0 : 1;
}
