import { describe, expect, it } from 'vitest';
import { leadOf, renderEntry, replaceSection, type Change } from './changelog.js';

const CHANGES: Change[] = [
  {
    id: 'a',
    summary: 'Films are read\nin workers. The main thread stays free.\n\nMore of it.',
    releases: [
      { name: '@crrg/image', type: 'minor' },
      { name: '@crrg/cli', type: 'patch' },
    ],
  },
  { id: 'b', summary: 'A leak is mended.', releases: [{ name: '@crrg/image', type: 'patch' }] },
  { id: 'c', summary: 'Boxes are gone.', releases: [{ name: '@crrg/image', type: 'major' }] },
  { id: 'd', summary: 'Nothing to release.', releases: [{ name: '@crrg/image', type: 'none' }] },
];

describe('an entry of a changelog', () => {
  it('tells the changes of its package in groups, each behind a lead, wrapped lines as one', () => {
    expect(renderEntry('@crrg/image', '0.2.0', CHANGES)).toBe(
      [
        '## 0.2.0',
        '### Breaking',
        '- **Boxes are gone.**',
        '### New and changed',
        '- **Films are read in workers.** The main thread stays free.\n\n  More of it.',
        '### Fixed and improved',
        '- **A leak is mended.**',
      ].join('\n\n'),
    );
  });

  it('gives one line to a change that another package tells, so that no text stands twice', () => {
    expect(renderEntry('@crrg/cli', '0.2.0', CHANGES)).toBe(
      [
        '## 0.2.0',
        '### Shared with other packages, whose changelogs tell more',
        '- `@crrg/image`: Films are read in workers.',
      ].join('\n\n'),
    );
  });

  it('says so where nothing changed', () => {
    expect(renderEntry('@crrg/core', '0.2.0', CHANGES)).toBe(
      '## 0.2.0\n\nNothing changed here: all `@crrg/*` packages have one version.',
    );
  });
});

describe('the lead of a change', () => {
  it('is the first sentence, whose full stop stands outside of code and brackets', () => {
    expect(leadOf('`a. b` (c. d) e.g. two. Then.')).toBe('`a. b` (c. d) e.g. two.');
    expect(leadOf('Onnxruntime 1.30 is used. Then.')).toBe('Onnxruntime 1.30 is used.');
  });

  it('of a sentence too long to be scanned ends before its colon, and is none where there is no mark', () => {
    const long = 'word '.repeat(50);
    expect(leadOf(`Doubts are values: ${long}.`)).toBe('Doubts are values');
    expect(leadOf(`${long}end.`)).toBe('');
  });
});

describe('a section of a changelog', () => {
  const older = '# @crrg/cli\n\n## 0.1.0\n\n- First.\n';
  const entry = '## 0.2.0\n\n- New.';

  it('is put above the older ones, also into a changelog that is not there yet', () => {
    expect(replaceSection(older, '@crrg/cli', '0.2.0', entry)).toBe(
      '# @crrg/cli\n\n## 0.2.0\n\n- New.\n\n## 0.1.0\n\n- First.\n',
    );
    expect(replaceSection('', '@crrg/cli', '0.2.0', entry)).toBe('# @crrg/cli\n\n## 0.2.0\n\n- New.\n');
  });

  it('replaces what changesets wrote of the same version, and no version that begins like it', () => {
    const written = '# @crrg/cli\n\n## 0.2.0\n\n### Minor Changes\n\n- Long.\n\n## 0.2.0-rc.1\n\n- First.\n';
    expect(replaceSection(written, '@crrg/cli', '0.2.0', entry)).toBe(
      '# @crrg/cli\n\n## 0.2.0\n\n- New.\n\n## 0.2.0-rc.1\n\n- First.\n',
    );
  });
});
