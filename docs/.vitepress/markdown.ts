// How Markdown of the repository becomes pages: links between files become links between pages, graphs become pictures.
import path from 'node:path';
import { instance } from '@viz-js/viz';
import type { MarkdownRenderer } from 'vitepress';
import { linkOnSite, ROOT } from './pages.js';

interface PageEnvironment {
  readonly path?: string;
  readonly realPath?: string;
}

const fileOf = ({ path: file = '', realPath }: PageEnvironment) =>
  path
    .relative(ROOT, realPath ?? file)
    .split(path.sep)
    .join('/');

/** Leads links from file to file to their pages. A link to a file that is no page is text: the site has no copy of it. */
function leadLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
    for (const { children } of tokens)
      for (const [index, token] of (children ?? []).entries()) {
        if (token.type !== 'link_open') continue;
        const link = linkOnSite(fileOf(env as PageEnvironment), token.attrGet('href') ?? '');
        if (typeof link === 'string') token.attrSet('href', link);
        if (link !== null) continue;
        const end = children!.findIndex(({ type }, later) => later > index && type === 'link_close');
        for (const each of [token, children![end]!])
          Object.assign(each, { tag: 'span', attrs: null, type: `span_${each.nesting}` });
      }
  });
}

/** Draws the graphs that GitHub draws with Mermaid; only their arrows are read. */
async function drawGraphs(markdown: MarkdownRenderer): Promise<void> {
  const viz = await instance();
  const fence = markdown.renderer.rules.fence!;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index]!;
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    const arrows = [...content.matchAll(/^\s*([\w-]+) --> ([\w-]+)$/gm)];
    const graph = {
      graphAttributes: { bgcolor: 'transparent', ranksep: 0.4 },
      nodeAttributes: {
        shape: 'box',
        style: 'rounded',
        fontname: 'Arial',
        margin: '0.2,0.08',
      },
      edgeAttributes: { arrowsize: 0.6 },
      edges: arrows.map(([, tail, head]) => ({ tail: tail!, head: head! })),
    };
    const svg = viz.renderString(graph, { format: 'svg' });
    return `<div class="graph">${svg.slice(svg.indexOf('<svg'))}</div>`;
  };
}

/** Sets a renderer of the site up. */
export async function setUpMarkdown(markdown: MarkdownRenderer): Promise<void> {
  leadLinks(markdown);
  await drawGraphs(markdown);
}
