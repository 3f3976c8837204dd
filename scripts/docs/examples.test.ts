import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { examplesOfMarkdown, examplesOfSource, findExamples, type Example } from './find-examples.js';
import { typeCheck } from './type-check.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const UNCHECKED = /^no-check: \S/;

describe('the examples of the repository', () => {
  const examples = findExamples(ROOT);

  it('are found on pages, in READMEs and in comments', () => {
    const files = examples.map(({ file }) => file);
    expect(files).toContain('README.md');
    expect(files).toContain('packages/pipeline/README.md');
    expect(files).toContain('packages/pipeline/src/node.ts');
  });

  it('have the types that our packages export; one that is not checked says why', () => {
    const checked = examples.filter(({ mark }) => !UNCHECKED.test(mark));
    // Of a wrong one, to show that the check sees this program.
    const wrong: Example = {
      file: 'README.md',
      line: 1,
      mark: '',
      code: "import { generateReport } from '@crrg/pipeline';\n(await generateReport('x.png')).txt;\n",
    };
    expect(typeCheck(ROOT, [...checked, wrong])).toEqual([
      expect.stringMatching(/^README\.md:2: Property 'txt' does not exist on type 'Report'/),
    ]);
  }, 300_000);
});

describe('an example', () => {
  it('has the line of its page and what the fence says of it', () => {
    const page =
      '# A\n\n```ts no-check: a sketch\na();\n```\n\n- b\n\n  ```js run\n  b();\n  ```\n\n```sh\nc\n```\n';
    expect(examplesOfMarkdown('a.md', page)).toEqual([
      { file: 'a.md', line: 4, code: 'a();\n', mark: 'no-check: a sketch' },
      { file: 'a.md', line: 10, code: 'b();\n', mark: 'run' },
    ]);
  });

  it('is taken out of a comment without its stars', () => {
    const source =
      'const a = 1;\n/**\n * Says b.\n *\n * @example\n * ```ts\n * b(\n *   a,\n * );\n * ```\n */\nexport const b = 2;\n';
    expect(examplesOfSource('a.ts', source)).toEqual([
      { file: 'a.ts', line: 7, code: 'b(\n  a,\n);\n', mark: '' },
    ]);
  });
});
