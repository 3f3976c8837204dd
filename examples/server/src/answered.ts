import type { FastifyInstance } from 'fastify';

/** What is remembered of a request. Addresses, queries, headers, bodies, messages and texts are not. */
export interface Answered {
  readonly method: string;
  readonly route: string;
  /** 499 where the client left before the end of its answer. */
  readonly status: number;
  readonly ms: number;
  /** The code of a refusal. */
  readonly refusal?: string;
  readonly reqId: string;
}

/** Calls the listener at the end of each request, also where its client left. */
export function onAnswered(app: FastifyInstance, listener: (answered: Answered) => void): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () =>
      listener({
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.raw.writableFinished ? reply.statusCode : 499,
        ms: Math.round(reply.elapsedTime),
        ...(request.refusal && { refusal: request.refusal }),
        reqId: request.id,
      }),
    );
  });
}
