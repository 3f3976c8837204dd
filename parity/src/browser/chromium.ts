import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** WebGL and WebGPU computed by SwiftShader on the processor: slow, the same on every machine. */
const SOFTWARE = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--use-webgpu-adapter=swiftshader',
];
const HARDWARE = ['--ignore-gpu-blocklist'];
const GPU = ['--enable-unsafe-webgpu', '--enable-features=Vulkan'];

/** Where Chromium is: `CHROMIUM`, else a usual place; undefined where it is not installed. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM'], ...PLACES].find((path) => path && existsSync(path));
}

/** Flags by which pages have WebGL and WebGPU: on software adapters unless `CRRG_BROWSER_GPU` is `hardware`. */
export function adapterFlags(): string[] {
  return [...GPU, ...(process.env['CRRG_BROWSER_GPU'] === 'hardware' ? HARDWARE : SOFTWARE)];
}

/** A started browser with a profile of its own. */
export interface Browser {
  /** Resolves when the browser has ended, with the end of what it wrote. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Opens an address in headless Chromium, with {@link adapterFlags}. */
export function openChromium(chromium: string, url: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'crrg-chromium-'));
  const child = spawn(chromium, [...QUIET, ...adapterFlags(), `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let tail = '';
  child.stderr.on('data', (chunk) => (tail = (tail + String(chunk)).slice(-2000)));
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(tail));
  });
  const kill = () => void child.kill('SIGKILL');
  // A run that is stopped, by its user or for its time, leaves no browser behind.
  const stop = (signal: NodeJS.Signals) => {
    kill();
    process.kill(process.pid, signal);
  };
  process.once('exit', kill).once('SIGTERM', stop).once('SIGINT', stop);
  return {
    ended,
    async close() {
      process.off('exit', kill).off('SIGTERM', stop).off('SIGINT', stop);
      kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
