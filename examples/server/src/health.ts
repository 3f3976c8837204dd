import type { FastifyInstance } from 'fastify';
import type { PoolStats } from '@crrg/pipeline';

/** Whether reports can be made, and by what. */
export interface Readiness {
  readonly isReady: boolean;
  readonly model: { readonly name: string; readonly version: string; readonly sha256: string } | null;
  readonly pool: PoolStats;
}

/** Adds `GET /health`: the process answers; and `GET /ready`: it can make reports. */
export function addHealth(app: FastifyInstance, readiness: () => Readiness): void {
  app.get('/health', { schema: { summary: 'The process answers' } }, async () => ({ status: 'ok' }));
  app.get('/ready', { schema: { summary: 'Reports can be made: model and pool' } }, async (_, reply) => {
    const state = readiness();
    return reply.status(state.isReady ? 200 : 503).send(state);
  });
}
