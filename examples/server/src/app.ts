import { parse } from 'node:querystring';
import { INTENDED_USE } from '@crrg/core';
import type { ImageSource, PoolStats, ReportPool } from '@crrg/pipeline';
import helmet from '@fastify/helmet';
import Fastify, { LogController, type FastifyInstance } from 'fastify';
import { onAnswered } from './answered.js';
import type { Config } from './config.js';
import { acceptFilms } from './films.js';
import { addHealth } from './health.js';
import { addMetrics } from './metrics.js';
import { addOpenApi } from './openapi.js';
import { OpenRequests } from './open-requests.js';
import { Overlays } from './overlays.js';
import { answerProblem, Problem, toLogged } from './problems.js';
import { addReportRoutes } from './reports.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends the work for this request. */
    limit: AbortSignal;
    /** Why it was refused, for the log. */
    refusal: string | undefined;
  }
  interface FastifyInstance {
    retryAfterSeconds(): number;
  }
}

/** How long clients may take to read their last answers, once their reports were ended. */
const GOODBYE_MS = 2000;

const NO_POOL: PoolStats = { size: 0, busy: 0, waiting: 0 };

/** Encryption is for the proxy to ask for: this server speaks plain HTTP. */
const HEADERS = {
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      // Swagger UI sets styles of its own.
      styleSrc: ["'self'", "'unsafe-inline'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
} as const;

/** `?strict` means `?strict=true`. */
function readQuery(query: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parse(query)).map(([name, value]) => [name, value === '' ? 'true' : value]),
  );
}

/** The server and its work. */
export interface App {
  readonly server: FastifyInstance;
  /** Gives the server the pool, when it is open. */
  setPool(pool: ReportPool<ImageSource>): void;
  /** Takes no more requests, lets those that are open end, for a while, and releases everything. */
  close(): Promise<void>;
}

export async function createApp(config: Config): Promise<App> {
  let pool: ReportPool<ImageSource> | undefined;
  let isEnding = false;
  const requests = new OpenRequests(config);
  const overlays = new Overlays();
  const stats = () => pool?.stats() ?? NO_POOL;
  const server = Fastify({
    logger: { level: config.logLevel, serializers: { err: toLogged, req: () => ({}), res: () => ({}) } },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1,
    requestTimeout: config.timeoutMs,
    forceCloseConnections: 'idle',
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    routerOptions: { querystringParser: readQuery },
  });
  server.decorateRequest('limit');
  server.decorateRequest('refusal');
  server.decorate('retryAfterSeconds', () => requests.retryAfterSeconds());
  // Schemas describe answers; a field that is newer than they are is not left out.
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  server.setErrorHandler(answerProblem);
  server.setNotFoundHandler(() => {
    throw new Problem(404, 'NOT_FOUND', 'expected a path of /docs');
  });
  server.addHook('onRequest', async (_, reply) => {
    void reply.headers({ 'cache-control': 'no-store', 'intended-use': INTENDED_USE });
  });
  // A connection that is kept alive would keep the server from ending.
  server.addHook('onSend', async (_, reply) => {
    if (isEnding) void reply.header('connection', 'close');
  });
  onAnswered(server, (answered) => server.log.info(answered, 'answered'));
  await server.register(helmet, HEADERS);
  await acceptFilms(server, config.maxBytes);
  addMetrics(server, stats);
  await addOpenApi(server);
  addHealth(server, () => {
    const { name = '', version = '', sha256 = '' } = pool?.model ?? {};
    return {
      isReady: !isEnding && stats().size > 0,
      model: pool ? { name, version, sha256 } : null,
      pool: stats(),
    };
  });
  addReportRoutes(server, {
    requests,
    overlays,
    pool: () => {
      if (pool) return pool;
      throw new Problem(503, 'OPENING', 'the model is being opened; try again soon');
    },
  });
  return {
    server,
    setPool: (opened) => (pool = opened),
    async close() {
      isEnding = true;
      requests.refuse();
      const timers = [
        setTimeout(() => requests.abort(), config.shutdownMs),
        setTimeout(() => server.server.closeAllConnections(), config.shutdownMs + GOODBYE_MS),
      ];
      await server.close();
      timers.forEach(clearTimeout);
      await Promise.all([pool?.close(), overlays.close()]);
    },
  };
}
