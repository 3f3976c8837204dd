import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/crrg.js', import.meta.url));
const PROCESS = new URL('./process.ts', import.meta.url).href;
const RUN = fileURLToPath(new URL('./run.ts', import.meta.url));
const FLAGS = ['--conditions=@crrg/source', '--import', 'tsx'];
const SOURCE = [...FLAGS, RUN];
const TINY = fileURLToPath(new URL('../../model-tiny/weights', import.meta.url));

let folder: string;
const at = (name: string) => path.join(folder, name);
const read = (name: string) => readFile(at(name), 'utf8');
/** Runs a line of bash; `crrg` is the program. */
function shell(line: string) {
  const command = `crrg() { exec '${process.execPath}' ${SOURCE.map((each) => `'${each}'`).join(' ')} "$@"; }; ${line}`;
  const { status, stderr, stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8', cwd: folder });
  return { status, stderr, stdout };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-process-'));
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), at('node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('standard output', () => {
  it.each([
    ['crrg --help', 'help'],
    [`crrg models info '${TINY}' --json`, 'a result'],
  ])('that is full ends %s with one line and exit code 1', (command) => {
    expect(shell(`${command} > /dev/full`)).toEqual({
      status: 1,
      stderr: 'crrg: stdout: cannot be written: the disk is full\n',
      stdout: '',
    });
  });

  it('that is a file keeps what was whole, and nothing of a torn result', async () => {
    await writeFile(at('out.txt'), 'before\n');
    const { status, stderr } = shell(`ulimit -f 1; crrg models info '${TINY}' --json >> out.txt`);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'crrg: stdout: cannot be written: the file is larger than the system allows\n',
    });
    expect(await read('out.txt')).toBe('before\n');
    expect(shell(`crrg models info '${TINY}' --json >> out.txt`)).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse((await read('out.txt')).slice('before\n'.length))).toMatchObject({ name: 'crrg-tiny' });
  });

  it('may have a reader that leaves early', () => {
    const { status, stderr } = shell(`(sleep 0.1; crrg --help; echo "code $?" >&2) | true; exit 0`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('Ctrl+C', () => {
  async function press(child: ChildProcess): Promise<void> {
    child.kill('SIGINT');
    await once(child, 'close');
  }

  function start(...args: readonly string[]) {
    const child = spawn(process.execPath, args, { cwd: folder });
    const said = { stderr: '', stdout: '' };
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
    return { child, said };
  }

  it('stops the bootstrap of 300,000 rows, with one line and nothing left behind', async () => {
    const rows = Array.from({ length: 300_000 }, (_, row) => `${row % 3 === 0 ? 1 : 0},0.${row % 997}`);
    await writeFile(at('many.csv'), `label,score\n${rows.join('\n')}\n`);
    const { child, said } = start(BIN, 'score', '--labels', 'many.csv', '--progress', '--plots', 'plots');
    await expect.poll(() => said.stderr, { timeout: 30_000 }).toContain('condition 1 of 1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await press(child);
    expect(child.exitCode).toBe(130);
    expect(said.stderr.split('\n').filter((line) => line.startsWith('crrg:'))).toEqual(['crrg: stopped']);
    expect(said.stdout).toBe('');
    expect((await readdir(folder)).filter((name) => /plots|lock|tmp/.test(name))).toEqual([]);
  }, 60_000);

  it('a second time ends at once what waits for others', async () => {
    const script = `
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      fs.readFile = () => (console.log('waiting'), new Promise((resolve) => setTimeout(resolve, 1e6)));
      syncBuiltinESMExports();
      process.argv.splice(1, 9, 'crrg', 'score', '--labels', 'never.csv');
      const { runProcess } = await import('${PROCESS}');
      await runProcess();`;
    const { child, said } = start(...FLAGS, '--input-type=module', '-e', script);
    await expect.poll(() => said.stdout, { timeout: 30_000 }).toBe('waiting\n');
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(child.exitCode).toBeNull();
    await press(child);
    expect(child.exitCode).toBe(130);
    expect(said.stderr).toBe('crrg: stopped\n');
  }, 40_000);
});
