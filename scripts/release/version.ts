/**
 * `npm run release:version`: what `changeset version` does, with changelogs that tell every change once. It changes the manifests and changelogs of the
 * working tree and takes the changesets away; commit the result.
 */
import getReleasePlan from '@changesets/get-release-plan';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderEntry, replaceSection } from './changelog.js';

const { changesets, releases } = await getReleasePlan(process.cwd());
execFileSync('npx', ['changeset', 'version'], { stdio: 'inherit' });

for (const folder of readdirSync('packages')) {
  const manifest = path.join('packages', folder, 'package.json');
  if (!existsSync(manifest)) continue;
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string };
  if (!releases.some((release) => release.name === name && release.newVersion === version)) continue;
  const file = path.join('packages', folder, 'CHANGELOG.md');
  const changelog = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, replaceSection(changelog, name, version, renderEntry(name, version, changesets)));
}
