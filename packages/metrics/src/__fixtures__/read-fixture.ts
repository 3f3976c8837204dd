import { readFileSync } from 'node:fs';

/** A golden file of this folder. */
export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as T;
}
