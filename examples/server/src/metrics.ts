import type { FastifyInstance } from 'fastify';
import type { PoolStats } from '@crrg/pipeline';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { onAnswered } from './answered.js';

/** Adds `GET /metrics` for Prometheus: requests by route and status, their seconds, the pool, memory and event loop. */
export function addMetrics(app: FastifyInstance, stats: () => PoolStats): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'reports_requests_total',
    help: 'Requests by route and status.',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'reports_request_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['route'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [registry],
  });
  for (const name of ['size', 'busy', 'waiting'] as const)
    new Gauge({
      name: `reports_pool_${name}`,
      help: `${name} of the pool's stats.`,
      registers: [registry],
      collect() {
        this.set(stats()[name]);
      },
    });
  onAnswered(app, ({ route, status, ms }) => {
    requests.inc({ route, status });
    seconds.observe({ route }, ms / 1000);
  });
  app.get('/metrics', { schema: { hide: true } }, async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
