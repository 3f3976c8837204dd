/** A registry on this machine that holds what is published to it and passes all else on to npm's. */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeOf } from './tools.js';

export interface Registry {
  readonly url: string;
  /** A file for npm's `userconfig` with which one may publish. */
  readonly userconfig: string;
  stop(): void;
}

const START_MS = 60_000;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

// JSON is YAML.
const configOf = (uplink: string) =>
  JSON.stringify({
    storage: './storage',
    uplinks: { npm: { url: uplink, cache: false, timeout: '60s' } },
    packages: {
      '@crrg/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'npm' },
    },
    log: { type: 'stdout', level: 'warn' },
    web: { enable: false },
    max_body_size: '200mb',
  });

/** Starts one with an empty storage in `folder`. */
export async function startRegistry(tools: string, folder: string, uplink: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  const config = path.join(folder, 'config.yaml');
  writeFileSync(config, configOf(uplink));
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}/`;
  const userconfig = path.join(folder, 'npmrc');
  writeFileSync(userconfig, `registry=${url}\n//${host}/:_authToken=anyone\n`);
  const log = openSync(path.join(folder, 'registry.log'), 'w');
  const program = path.join(tools, 'node_modules', 'verdaccio', 'bin', 'verdaccio');
  const child = spawn(nodeOf(tools, 24), [program, '--config', config, '--listen', host], {
    stdio: ['ignore', log, log],
  });
  for (const end = Date.now() + START_MS; Date.now() < end && child.exitCode === null; await sleep(200)) {
    const isUp = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { url, userconfig, stop: () => void child.kill() };
  }
  child.kill();
  throw new Error(
    `registry: expected it to answer within ${START_MS / 1000} s; read ${folder}/registry.log.`,
  );
}
