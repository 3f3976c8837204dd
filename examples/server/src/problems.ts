import { CrrgError, type Doubt } from '@crrg/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A refusal of this server, with the status that answers it. */
export class Problem extends Error {
  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a refused request is told, as JSON or as the last event of a stream. */
export interface ProblemAnswer {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  /** Only where `strict` refused a film. */
  readonly doubts?: readonly Doubt[];
}

/** What the library refuses because of the request; its other errors are faults of the server. */
const STATUSES: Readonly<Record<string, number>> = { IMAGE: 422, BUSY: 429, DISPOSED: 503 };

const INTERNAL = {
  statusCode: 500,
  code: 'INTERNAL',
  message: 'the report could not be made; the log of the server says more',
};

function answerOfLibrary({ code, message, details }: CrrgError): ProblemAnswer {
  const statusCode = STATUSES[code];
  if (statusCode === undefined) return INTERNAL;
  const doubts = details.doubts as readonly Doubt[] | undefined;
  return { statusCode, code, message, ...(doubts && { doubts }) };
}

/** What Fastify refuses, in words of this server. */
const REFUSALS: Readonly<Record<string, readonly [code: string, message?: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['TOO_LARGE', 'expected a smaller film; send one'],
  FST_REQ_FILE_TOO_LARGE: ['TOO_LARGE', 'expected a smaller film; send one'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UNSUPPORTED_TYPE',
    'expected a PNG, JPEG or DICOM film, or a form with one; send one of these',
  ],
  FST_ERR_VALIDATION: ['BAD_OPTION'],
  FST_FILES_LIMIT: ['TOO_LARGE', 'expected one film in a form; send several one by one'],
  FST_FIELDS_LIMIT: ['TOO_LARGE', 'expected a film and few other fields in a form'],
  FST_PARTS_LIMIT: ['TOO_LARGE', 'expected a film and few other fields in a form'],
  FST_PROTO_VIOLATION: ['BAD_FORM'],
};

/** What to answer; faults of the server are not told. */
function problemOf(error: unknown): ProblemAnswer {
  if (CrrgError.isInstance(error)) return answerOfLibrary(error);
  const { statusCode = 500, code = '', message = '' } = error as Partial<Problem>;
  if (!(error instanceof Problem) && statusCode >= 500 && statusCode !== 503) return INTERNAL;
  const [name = code, words = message] = REFUSALS[code] ?? [];
  return { statusCode, code: name, message: words };
}

/** Errors of the library that speak of models and engines, never of a film. */
const TELLABLE = ['CONFIG', 'CHECKPOINT', 'BACKEND'];

/** The name, code and frames of an error. Its message only where it cannot hold what a film holds. */
export function toLogged(error: Error & { code?: unknown }) {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const isTellable = CrrgError.isInstance(error) && TELLABLE.includes(error.code);
  return {
    type: error.name,
    message: isTellable ? error.message : String(error.code ?? ''),
    stack: frames.join('\n'),
  };
}

/** What a request that failed is told; the log hears of it, and of a fault more. */
export function noteProblem(error: unknown, request: FastifyRequest): ProblemAnswer {
  const answer = problemOf(error);
  if (answer === INTERNAL) request.log.error({ err: error }, 'a report failed');
  request.refusal = answer.code;
  return answer;
}

/** Answers a request that failed. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = noteProblem(error, request);
  if (answer.statusCode === 429 || answer.statusCode === 503)
    void reply.header('retry-after', String(reply.server.retryAfterSeconds()));
  return reply.status(answer.statusCode).type('application/json; charset=utf-8').send(answer);
}
