import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, DataError, type AbortOptions } from '@crrg/core';
import { errorCodeOf, parseAnswer, type Answer } from './answer.js';
import { delayOf, isWorthRetrying, parseRetryAfter, type RetryPolicy } from './retry.js';

/** Where and how questions are asked. */
export interface ServiceOptions extends AbortOptions {
  /** Address of the chat completions. */
  readonly address: URL;
  readonly apiKey: string | undefined;
  /** Most requests in a minute, tries again included. */
  readonly requestsPerMinute: number;
  /** Limit of one request, in milliseconds. */
  readonly timeoutMs: number;
  readonly retries: RetryPolicy;
  /** Called before a wait. */
  readonly onRetry?: ((reason: string, waitMs: number) => void) | undefined;
}

/** A question that the service does not take, though it takes others. */
export class QuestionRefused extends DataError {
  override name = 'QuestionRefused';
}

const WHERE = 'baselines.askEndpoint';
/** Longest answer that is read, in bytes. */
const MAXIMUM_BYTES = 4_000_000;
/** Statuses that concern one question, not the service. */
const ABOUT_THE_QUESTION = [400, 413, 422];
/** What is said of a try that ended without an answer. */
interface Failure {
  /** Such as `status 429 (rate_limit_exceeded)`. */
  readonly reason: string;
  readonly kind: 'again' | 'question' | 'service';
  readonly retryAfterMs?: number | undefined;
}

type Outcome = { readonly answer: Answer } | { readonly failure: Failure };

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The address of the chat completions of a service, from its base address or its own.
 * @throws {ConfigError} for what is no http address, names a user, or would carry films and key unencrypted to another machine
 */
export function chatAddress(url: string): URL {
  const refuse = (expected: string) =>
    new ConfigError(`${WHERE}: \`url\`: expected ${expected}; give, for example, https://api.openai.com/v1.`);
  if (!URL.canParse(url)) throw refuse('an address, got another text');
  const address = new URL(url);
  if (address.username !== '' || address.password !== '')
    throw refuse('an address without user and password');
  const isPlain = address.protocol === 'http:' && LOOPBACK.includes(address.hostname);
  if (address.protocol !== 'https:' && !isPlain)
    throw refuse('https, or http on this machine, so that nobody on the way can read the films');
  if (!address.pathname.endsWith('/chat/completions'))
    address.pathname = `${address.pathname.replace(/\/+$/, '')}/chat/completions`;
  return address;
}

/** @throws {ConfigError} for a key that no header can hold; never repeats it */
export function checkKey(apiKey: string | undefined): void {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new ConfigError(
    `${WHERE}: \`keyEnv\`: expected a key of printable characters without blanks, got another text; copy it again.`,
  );
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAXIMUM_BYTES) throw new DataError(`an answer of more than ${MAXIMUM_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function kindOf(status: number, code: string | undefined): Failure['kind'] {
  if (code === 'insufficient_quota') return 'service';
  if (isWorthRetrying(status)) return 'again';
  return ABOUT_THE_QUESTION.includes(status) ? 'question' : 'service';
}

function outcomeOf(response: Response, body: string): Outcome {
  if (response.ok) {
    const answer = parseAnswer(body);
    return answer
      ? { answer }
      : { failure: { reason: 'an answer that is no chat completion', kind: 'again' } };
  }
  const { status } = response;
  const code = errorCodeOf(body);
  const reason = `status ${status}${code === undefined ? '' : ` (${code})`}`;
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
  return { failure: { reason, kind: kindOf(status, code), retryAfterMs } };
}

/** Asks one question after the other. */
export interface Service {
  /**
   * @param body of the request, as `chatRequest` makes it
   * @throws {QuestionRefused} where the service does not take this question
   * @throws {DataError} where it takes none, or gave no answer in all tries; `signal.reason` on abort
   */
  ask(body: string): Promise<Answer>;
}

/** A service that is asked no more often than allowed, and again where that may help. Nothing of key, films or answers is in a message. */
export function createService(options: ServiceOptions): Service {
  const { address, apiKey, requestsPerMinute, timeoutMs, retries, signal, onRetry } = options;
  let nextStart = 0;

  const waitForTurn = async () => {
    const now = Date.now();
    const start = Math.max(now, nextStart);
    nextStart = start + 60_000 / requestsPerMinute;
    if (start > now) await sleep(start - now, undefined, { signal });
  };

  const tryOnce = async (body: string): Promise<Outcome> => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        body,
        redirect: 'error',
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      return outcomeOf(response, await readBody(response));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DataError) return { failure: { reason: error.message, kind: 'again' } };
      const reason = limit.aborted ? `no answer in ${timeoutMs / 1000} s` : 'no connection';
      return { failure: { reason, kind: 'again' } };
    }
  };

  const ask: Service['ask'] = async (body) => {
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted();
      await waitForTurn().catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      });
      const outcome = await tryOnce(body);
      if ('answer' in outcome) return outcome.answer;
      const { reason, kind, retryAfterMs } = outcome.failure;
      const expected = `${WHERE}: expected an answer of ${address.host}, got ${reason}`;
      if (kind === 'question')
        throw new QuestionRefused(
          `${expected} for this film; look at the model and the size of the picture.`,
        );
      if (kind === 'service') throw new DataError(`${expected}; check address, model, key and account.`);
      if (tries >= retries.maxTries)
        throw new DataError(`${expected} ${tries} times; run again later, answers that are there are kept.`);
      if ((retryAfterMs ?? 0) > retries.maxDelayMs)
        throw new DataError(
          `${expected}, which asks for ${Math.ceil(retryAfterMs! / 1000)} s of patience; run again after that, answers that are there are kept.`,
        );
      const waitMs = delayOf(tries, retryAfterMs, retries);
      onRetry?.(reason, waitMs);
      nextStart = Math.max(nextStart, Date.now() + waitMs);
    }
  };
  return { ask };
}
