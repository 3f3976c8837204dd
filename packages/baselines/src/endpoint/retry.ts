/** How a request is tried again. */
export interface RetryPolicy {
  /** Tries of one request in all. */
  readonly maxTries: number;
  /** Before the second try, in milliseconds; doubles each time. */
  readonly firstDelayMs: number;
  /** Longest wait, in milliseconds; a service that asks for more ends the run. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { maxTries: 6, firstDelayMs: 1000, maxDelayMs: 120_000 };

/** Statuses after which the same request may succeed. */
export const isWorthRetrying = (status: number): boolean =>
  status === 408 || status === 409 || status === 425 || status === 429 || status >= 500;

/**
 * Milliseconds that a `Retry-After` header asks for: seconds, or a date; undefined where there is none that can be read.
 * Source: RFC 9110, section 10.2.3.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Milliseconds before the try after `tries`: what the service asks for, else twice as long as the time before. */
export function delayOf(
  tries: number,
  retryAfterMs: number | undefined,
  { firstDelayMs, maxDelayMs }: RetryPolicy,
): number {
  return Math.min(retryAfterMs ?? firstDelayMs * 2 ** (tries - 1), maxDelayMs);
}
