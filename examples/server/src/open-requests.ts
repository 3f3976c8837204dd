import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

/** How much at once, and for how long. */
export interface Limits {
  readonly workers: number;
  readonly queue: number;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const ending = () => new Problem(503, 'ENDING', 'the server is ending; ask another one');

/** What a multipart body holds beside its film. */
const MULTIPART_BYTES = 16_384;

/**
 * The requests for reports that are being answered. One more than may run and wait is refused before its film is read, so that memory holds
 * a bounded number of films. Each has a signal, which ends its work when it takes too long, its client leaves, or the server ends.
 */
export class OpenRequests {
  private readonly open = new Set<(problem: Problem) => void>();
  private meanMs = 1000;
  private isEnding = false;

  constructor(private readonly limits: Limits) {}

  /** Lets a request in. @throws {Problem} */
  admit(request: FastifyRequest, reply: FastifyReply): AbortSignal {
    if (this.isEnding) throw ending();
    const { workers, queue, maxBytes, timeoutMs } = this.limits;
    if (Number(request.headers['content-length'] ?? 0) > maxBytes + MULTIPART_BYTES)
      throw new Problem(413, 'TOO_LARGE', `expected a film of at most ${maxBytes} bytes; send a smaller one`);
    if (this.open.size >= workers + queue)
      throw new Problem(
        429,
        'BUSY',
        `expected at most ${workers + queue} requests for reports at once; try again later`,
      );
    const controller = new AbortController();
    const stop = (problem: Problem) => {
      controller.abort(problem);
      // Nothing works for a film that is still on its way, so that nothing would fail.
      if (!request.raw.complete) void reply.header('connection', 'close').send(problem);
    };
    const tooLong = new Problem(504, 'TIMEOUT', `expected an answer within ${timeoutMs} ms, got none`);
    const timer = setTimeout(stop, timeoutMs, tooLong);
    this.open.add(stop);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      this.open.delete(stop);
      if (!reply.raw.writableFinished) controller.abort(new Problem(499, 'CLIENT_LEFT', 'the client left'));
    });
    return controller.signal;
  }

  /** Remembers how long a report took. */
  took(ms: number): void {
    this.meanMs += 0.1 * (ms - this.meanMs);
  }

  /** In how many seconds all that run and wait now will be done. */
  retryAfterSeconds(): number {
    return Math.max(1, Math.ceil(((this.open.size / this.limits.workers) * this.meanMs) / 1000));
  }

  /** Refuses requests from now on. */
  refuse(): void {
    this.isEnding = true;
  }

  /** Ends all work. */
  abort(): void {
    for (const stop of this.open) stop(ending());
  }
}
