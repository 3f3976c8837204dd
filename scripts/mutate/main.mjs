/**
 * Small faults, one at a time, that the tests of a package must notice.
 *
 *   npm run mutate                 every list in scripts/mutate/mutants
 *   npm run mutate -- detector     those of one package
 *
 * A mutant is `{ file, find, replace, rule }`, `find` occurring once in `file`; `tests` names the test files where not the whole package,
 * `equivalent` says why no test can notice it. Fails where a mutant survives, or one that is called equivalent does not.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('mutants/', import.meta.url);
const wanted = process.argv.slice(2);
const lists = readdirSync(folder)
  .map((name) => name.replace(/\.json$/, ''))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (lists.length === 0) throw new Error(`no list of mutants is called ${wanted.join(' or ')}`);

/** Whether the tests fail, and why they could not be run where that is so. */
function testMutant({ file, find, replace, tests }) {
  const occurrences = readFileSync(file, 'utf8').split(find).length - 1;
  if (occurrences !== 1)
    return Promise.resolve({ problem: `"${find}" occurs ${occurrences} times in ${file}` });
  const chosen = tests ?? [file.split('/').slice(0, 2).join('/') + '/'];
  const child = spawn(
    'node',
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'scripts/mutate/vitest.config.ts',
      '--reporter=dot',
      ...chosen,
    ],
    {
      env: { ...process.env, CRRG_MUTANT: JSON.stringify({ file, find, replace }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve(
        /No test files found/.test(output)
          ? { problem: `no tests in ${chosen.join(', ')}` }
          : { killed: code !== 0 },
      ),
    );
  });
}

const verdictOf = ({ problem, killed, equivalent }) => {
  if (problem !== undefined) return problem;
  if (killed) return 'killed';
  return equivalent === undefined ? 'SURVIVED' : `equivalent: ${equivalent}`;
};
const show = (name, { killed, equivalent, wrong }) =>
  console.log(`${name}: ${killed} killed, ${equivalent} equivalent, ${wrong} survived or stale`);

const total = { killed: 0, equivalent: 0, wrong: 0 };
for (const name of lists) {
  const mutants = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  const sums = { killed: 0, equivalent: 0, wrong: 0 };
  for (const mutant of mutants) {
    const result = { ...mutant, ...(await testMutant(mutant)) };
    const isRight = result.problem === undefined && result.killed !== (mutant.equivalent !== undefined);
    sums[!isRight ? 'wrong' : result.killed ? 'killed' : 'equivalent'] += 1;
    console.log(`${isRight ? '  ' : '! '}${name}: ${mutant.rule} (${mutant.file}): ${verdictOf(result)}`);
  }
  show(name, sums);
  for (const kind of Object.keys(total)) total[kind] += sums[kind];
}
show('all', total);
process.exitCode = total.wrong > 0 ? 1 : 0;
