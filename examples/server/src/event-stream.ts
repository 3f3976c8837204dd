import { Readable } from 'node:stream';
import type { ReportEvent } from '@crrg/pipeline';
import type { ProblemAnswer } from './problems.js';

/** Media types of streams. */
export const STREAM_TYPES = ['application/x-ndjson', 'text/event-stream'] as const;
export type StreamType = (typeof STREAM_TYPES)[number];

/** The last event where a report fails after its stream has begun. */
type FailureEvent = { readonly type: 'error' } & ProblemAnswer;

const WRITERS: Readonly<Record<StreamType, (event: ReportEvent | FailureEvent) => string>> = {
  'application/x-ndjson': (event) => `${JSON.stringify(event)}\n`,
  'text/event-stream': (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
};

/**
 * The events of a report as they are written. Resolves with the first one, so that a film that is refused gets its status; what fails
 * later is an event `error`. A client that reads slowly slows the reading, one that leaves ends the work.
 * @param noteProblem what to tell of an error
 */
export async function toEventStream(
  events: AsyncIterableIterator<ReportEvent>,
  type: StreamType,
  noteProblem: (error: unknown) => ProblemAnswer,
): Promise<Readable> {
  const write = WRITERS[type];
  const first = await events.next();
  async function* lines() {
    try {
      if (!first.done) yield write(first.value);
      for await (const event of events) yield write(event);
    } catch (error) {
      yield write({ type: 'error', ...noteProblem(error) });
    } finally {
      await events.return?.();
    }
  }
  return Readable.from(lines());
}
