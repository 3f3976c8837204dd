import { BackendError, CrrgError, type ErrorCode } from '@crrg/core';
import { findChromium, openChromium, type Browser } from './chromium.js';
import { servePage, type PageServer } from './page-server.js';
import type { Outcome, Request, Results } from './protocol.js';
import { decodeMessage, encodeMessage } from './wire.js';

interface Pending {
  readonly bytes: unknown;
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/** An answer of the page, and how many values the backend that was asked then counts. */
export interface Answer<Result> {
  readonly result: Result;
  readonly live: number;
}

function errorOf({ error }: Extract<Outcome, { error: unknown }>): Error {
  if (error.code !== undefined) return new CrrgError(error.code as ErrorCode, error.message);
  return Object.assign(new Error(error.message), { name: error.name });
}

/** Requests to a page in the order in which they are made, each with its answer. */
export class PageLink {
  readonly #waiting: Pending[] = [];
  #asked: Pending[] = [];
  #release: (() => void) | undefined;
  #ended: Error | undefined;

  /** Called with what the page posts: the outcomes of what it was asked last. Gives the next requests when there are some. */
  readonly exchange = async (posted: Uint8Array): Promise<Uint8Array> => {
    const outcomes = decodeMessage(posted) as Outcome[];
    const asked = this.#asked;
    this.#asked = [];
    asked.forEach(({ resolve }, index) => resolve(outcomes[index]!));
    if (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#release = resolve));
    this.#asked = this.#waiting.splice(0);
    return encodeMessage(this.#asked.map(({ bytes }) => bytes));
  };

  async ask<Kind extends Request['do']>(
    request: Extract<Request, { readonly do: Kind }>,
  ): Promise<Answer<Results[Kind]>> {
    if (this.#ended) throw this.#ended;
    // A copy: the caller may change its arrays as soon as this returns.
    const bytes = decodeMessage(encodeMessage(request));
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject });
      this.#release?.();
      this.#release = undefined;
    });
    if ('error' in outcome) throw Object.assign(errorOf(outcome), { live: outcome.live });
    return { result: outcome.result as Results[Kind], live: outcome.live };
  }

  /** Nothing more will be answered. */
  end(error: Error): void {
    this.#ended = error;
    for (const { reject } of [...this.#asked, ...this.#waiting.splice(0)]) reject(error);
    this.#asked = [];
  }
}

/** A page that does what it is asked. */
export interface Page {
  readonly link: PageLink;
  close(): Promise<void>;
}

/** Serves the page and opens it in Chromium. @throws {BackendError} where Chromium is not installed */
export async function openPage({ isolated = false } = {}): Promise<Page> {
  const chromium = findChromium();
  if (!chromium)
    throw new BackendError('parity.browser: expected Chromium, got none; set CHROMIUM to its path.');
  const link = new PageLink();
  const server: PageServer = await servePage(link.exchange, { isolated });
  const browser: Browser = openChromium(chromium, server.url);
  void browser.ended.then((tail) =>
    link.end(new BackendError(`parity.browser: expected an answer, got the end of Chromium: ${tail}`)),
  );
  return {
    link,
    async close() {
      await browser.close();
      server.close();
    },
  };
}
