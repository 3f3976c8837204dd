import { createReportPool, type NodePoolOptions } from '@crrg/pipeline';
import { createApp } from './app.js';
import { readConfig, SettingsError, type Config } from './config.js';

/** How long the end may take beyond the reports that are running. */
const END_MS = 10_000;

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    return process.exit(2);
  }
}

const config = configOrExit();
const app = await createApp(config);
const { log } = app.server;
const opening = new AbortController();

let isEnding = false;
async function end(signal: string): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  log.info({ signal }, 'ending');
  setTimeout(() => process.exit(1), config.shutdownMs + END_MS).unref();
  opening.abort();
  await app.close();
  log.info('ended');
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal));

const options: NodePoolOptions = {
  model: config.model,
  classifier: config.classifier,
  backend: config.backend,
  threads: config.threads,
  size: config.workers,
  maxQueue: config.queue,
  signal: opening.signal,
  onWarning: (message) => log.warn(message),
};
try {
  await app.server.listen({ host: config.host, port: config.port });
  if (!['127.0.0.1', '::1', 'localhost'].includes(config.host))
    log.warn('others can reach this server, which knows no users and no encryption: put a proxy before it');
  const pool = await createReportPool(options);
  app.setPool(pool);
  log.info({ model: pool.model.name, pool: pool.stats() }, 'ready');
} catch (error) {
  if (!opening.signal.aborted) {
    // A port or a model that cannot be opened is a setting, never a film: the message may be told.
    log.fatal((error as Error).message);
    process.exitCode = 1;
    await end('failed');
  }
}
