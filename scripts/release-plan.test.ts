import getReleasePlan from '@changesets/get-release-plan';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MANIFESTS = [
  ...readdirSync(path.join(ROOT, 'packages')).map((name) => `packages/${name}/package.json`),
  'parity/package.json',
];

/** The manifests of this repository with one pending change. */
function repositoryWith(changeset: string): string {
  const root = mkdtempSync(path.join(tmpdir(), 'crrg-release-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const file of ['package.json', 'package-lock.json', '.changeset/config.json', ...MANIFESTS]) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(root, file));
  }
  writeFileSync(path.join(root, '.changeset', 'change.md'), changeset);
  return root;
}

it('a minor change of one package releases a minor version of every public one, also past optional peers', async () => {
  const root = repositoryWith("---\n'@crrg/backend-tfjs': minor\n---\n\nA change.\n");
  const { releases } = await getReleasePlan(root);
  const types = new Map(releases.filter(({ type }) => type !== 'none').map(({ name, type }) => [name, type]));
  types.delete('@crrg/parity');
  expect(new Set(types.values())).toEqual(new Set(['minor']));
  expect(types.size).toBe(MANIFESTS.length - 1);
});
