import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeRadiograph } from '@crrg/image/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fails, says, startFakeService, type FakeReply } from '../__fixtures__/fake-service.js';
import { parseReports, regionStudies, writeRegionStudies } from '../__fixtures__/region-studies.js';
import type { BaselineEvent } from '../studies/events.js';
import { errorCodeOf, parseAnswer } from './answer.js';
import { delayOf, parseRetryAfter } from './retry.js';
import { chatAddress, checkKey } from './service.js';
import { writeEndpointReports, type EndpointOptions } from './write-answers.js';

let folder: string;
let studies: string;
let runs = 0;
const services: Awaited<ReturnType<typeof startFakeService>>[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-endpoint-'));
  studies = await writeRegionStudies(folder);
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const KEY = 'sk-never-to-be-seen';
const QUICK = { maxTries: 3, firstDelayMs: 1, maxDelayMs: 2000 };

async function serve(...replies: FakeReply[]) {
  const service = await startFakeService(replies);
  services.push(service);
  return service;
}

/** Asks about the four films of the test split; the events in order. */
function ask(url: string, options: Partial<EndpointOptions> = {}) {
  const events: BaselineEvent[] = [];
  const out = options.out ?? path.join(folder, `run${runs++}`);
  const result = writeEndpointReports(studies, {
    ...{ url, out, confirmUpload: true, apiKey: KEY, requestsPerMinute: 1e6, retries: QUICK },
    onProgress: (event) => void events.push(event),
    ...options,
  });
  return { out, events, result };
}

const textsIn = async (out: string) =>
  parseReports(await readFile(path.join(out, 'reports.jsonl'), 'utf8')).map(({ text }) => text);
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => new Error('it went well'),
    (error: unknown) => error as Error,
  );

describe('asking a service', () => {
  it('sends one film a request: its pixels, the question, the limit of tokens and the key', async () => {
    const service = await serve(says('Clear lungs.\n\nNo effusion.'));
    const { out, result } = ask(service.url, { imageSide: 40 });
    const { counts, file } = await result;
    expect(counts).toEqual({ films: 4, kept: 0, refused: 0, empty: 0, cut: 0, failed: 0 });
    expect(parseReports(await readFile(file, 'utf8'))).toEqual(
      [12, 13, 14, 15].map((index) => ({
        ...{ id: `f${index}`, image: `films/${index}.png`, text: 'Clear lungs. No effusion.' },
      })),
    );
    expect(service.requests).toHaveLength(4);
    const [{ body, headers, path: address }] = service.requests as [(typeof service.requests)[0]];
    expect(address).toBe('/v1/chat/completions');
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(body).toMatchObject({ model: 'gpt-4o', max_tokens: 300 });
    const [question, picture] = body.messages[0]!.content;
    expect(question!.text).toContain('only the findings');
    const [head, base64] = picture!.image_url!.url.split(',');
    expect(head).toBe('data:image/png;base64');
    const { image } = await decodeRadiograph(Buffer.from(base64!, 'base64'));
    expect([image.width, image.height, image.bitDepth]).toEqual([40, 33, 8]);
    expect(JSON.stringify(service.requests)).not.toMatch(/films\/|f12|opacity/);
    expect(await readdir(out)).toEqual(['answers', 'reports.jsonl']);
  });

  it('asks again after 429, when the service says, and after 500, hang-ups and answers that are no JSON', async () => {
    const busy = fails(429, 'rate_limit_exceeded', { 'retry-after': '0.2' });
    const service = await serve(
      busy,
      says('A.'),
      fails(500),
      { hangUp: true },
      says('B.'),
      { body: '{"choices": [' },
      says('C.'),
    );
    const { out, events, result } = ask(service.url);
    await result;
    expect(await textsIn(out)).toEqual(['A.', 'B.', 'C.', 'C.']);
    const { requests } = service;
    expect(requests).toHaveLength(8);
    expect(requests[1]!.at - requests[0]!.at).toBeGreaterThanOrEqual(195);
    expect(events.flatMap((event) => (event.type === 'request-retry' ? [event.reason] : []))).toEqual([
      ...[
        'status 429 (rate_limit_exceeded)',
        'status 500',
        'no connection',
        'an answer that is no chat completion',
      ],
    ]);
  });

  it('gives up after all tries and keeps the answers that are there; another service, model or question is asked anew', async () => {
    const broken = await serve(says('A.'), says('B.'), fails(503));
    const { out, result } = ask(broken.url);
    expect((await errorOf(result)).message).toMatch(
      /expected an answer of 127\.0\.0\.1:\d+, got status 503 3 times; run again/,
    );
    expect(broken.requests).toHaveLength(5);
    expect(await readdir(out)).toEqual(['answers']);
    const options = { out, model: 'other' };
    const other = await serve(says('C.'));
    await ask(other.url, options).result;
    expect(other.requests).toHaveLength(4);
    expect(await textsIn(out)).toEqual(['C.', 'C.', 'C.', 'C.']);
    const { counts } = await ask(other.url, options).result;
    expect(counts).toMatchObject({ films: 4, kept: 4 });
    await ask(other.url, { ...options, prompt: 'Something else?' }).result;
    expect(other.requests).toHaveLength(8);
  });

  it('stops, goes on, and pays for no answer twice', async () => {
    const service = await serve(says('A.'), says('B.'), says('C.'));
    const controller = new AbortController();
    const stop = (event: BaselineEvent) => {
      if (event.type === 'report-end' && event.done === 2) controller.abort(new Error('interrupted'));
    };
    const { out, result } = ask(service.url, { signal: controller.signal, onProgress: stop });
    await expect(result).rejects.toThrow('interrupted');
    expect(await readdir(out)).toEqual(['answers']);
    const { counts } = await ask(service.url, { out }).result;
    expect(counts).toMatchObject({ films: 4, kept: 2 });
    expect(service.requests).toHaveLength(4);
    expect(await textsIn(out)).toEqual(['A.', 'B.', 'C.', 'C.']);
    const [damaged] = await readdir(path.join(out, 'answers'));
    await writeFile(path.join(out, 'answers', damaged!), '{"schema":');
    expect((await ask(service.url, { out }).result).counts.kept).toBe(3);
  });

  it('ends a wait at once when it is stopped, also within a request', async () => {
    const slow = await serve({ ...says('A.'), delayMs: 60_000 });
    const signal = AbortSignal.timeout(50);
    expect((await errorOf(ask(slow.url, { signal }).result)).name).toBe('TimeoutError');
    const busy = await serve(fails(429, 'busy', { 'retry-after': '1.9' }));
    expect((await errorOf(ask(busy.url, { signal: AbortSignal.timeout(50) }).result)).name).toBe(
      'TimeoutError',
    );
  });

  it('gives a request no more than its time', async () => {
    const service = await serve({ ...says('A.'), delayMs: 60_000 }, says('B.'));
    const { events, out, result } = ask(service.url, { timeoutMs: 60 });
    await result;
    expect(events.find(({ type }) => type === 'request-retry')).toMatchObject({
      reason: 'no answer in 0.06 s',
    });
    expect(await textsIn(out)).toEqual(['B.', 'B.', 'B.', 'B.']);
  });

  it('asks no more often than allowed', async () => {
    const service = await serve(says('A.'));
    await ask(service.url, { requestsPerMinute: 600 }).result;
    const times = service.requests.map(({ at }) => at);
    expect(times[3]! - times[0]!).toBeGreaterThanOrEqual(295);
  });

  it('writes an empty report where the service declines or says nothing, and counts both, and answers that were cut', async () => {
    const service = await serve(
      says(null, { refusal: 'I cannot do that.' }),
      says("I'm sorry, I can't help with that."),
      says('  '),
      says('The lungs are', { finish_reason: 'length' }),
    );
    const { out, result } = ask(service.url);
    expect((await result).counts).toEqual({ films: 4, kept: 0, refused: 2, empty: 1, cut: 1, failed: 0 });
    expect(await textsIn(out)).toEqual(['', '', '', 'The lungs are']);
  });

  it('passes over a film that the service does not take or that cannot be read, and names it', async () => {
    const changed = regionStudies().map((study, index) =>
      index === 12 ? { ...study, image: 'absent.png' } : study,
    );
    const file = await writeRegionStudies(path.join(folder, 'changed'), changed);
    const service = await serve(fails(400, 'image_parse_error'), says('A.'));
    const events: BaselineEvent[] = [];
    const out = path.join(folder, 'changed', 'run');
    const { counts } = await writeEndpointReports(file, {
      ...{ url: service.url, out, confirmUpload: true, requestsPerMinute: 1e6 },
      onProgress: (event) => void events.push(event),
    });
    expect(counts).toMatchObject({ films: 2, failed: 2 });
    const failed = events.flatMap((event) => (event.type === 'film-failed' ? [event] : []));
    expect(failed.map(({ subject }) => subject.replace(/.*: /, ''))).toEqual(['study f12', 'study f13']);
    expect(String(failed[1]!.error)).toContain('status 400 (image_parse_error) for this film');
    expect(service.requests[0]!.headers.authorization).toBeUndefined();
  });

  it.each([
    ['a wrong key', fails(401, 'invalid_api_key'), 'status 401 (invalid_api_key)'],
    ['an empty account', fails(429, 'insufficient_quota'), 'status 429 (insufficient_quota)'],
    ['a wait of an hour', fails(429, 'busy', { 'retry-after': '3600' }), 'asks for 3600 s of patience'],
  ])('ends at once for %s, and repeats neither key nor text of the service', async (_, reply, message) => {
    const service = await serve(reply);
    const error = await errorOf(ask(service.url).result);
    expect(error.message).toContain(message);
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toMatch(/never-to-be-seen|SECRET/);
    expect(service.requests).toHaveLength(1);
  });

  it('does not follow a service to another address', async () => {
    const elsewhere = await serve(says('A.'));
    const service = await serve({ status: 307, headers: { location: `${elsewhere.url}/chat/completions` } });
    expect((await errorOf(ask(service.url).result)).message).toContain('no connection 3 times');
    expect(elsewhere.requests).toEqual([]);
  });

  it('removes hyphens and newlines where the reference does', async () => {
    const service = await serve(says('- Clear lungs.\n- Port-a-cath.'));
    const { out, result } = ask(service.url, { asReference: true });
    await result;
    expect((await textsIn(out))[0]).toBe(' Clear lungs. Portacath.');
  });

  it('sends nothing unless it is confirmed, nor with options that make no sense or over a file of another origin', async () => {
    const service = await serve(says('A.'));
    const refusal = await errorOf(ask(service.url, { confirmUpload: false }).result);
    expect(refusal.message).toMatch(
      /sends every film to 127\.0\.0\.1:\d+\. The licences of MIMIC-CXR.*add `confirmUpload`/,
    );
    for (const name of ['requestsPerMinute', 'timeoutMs', 'maxTokens', 'imageSide'])
      await expect(ask(service.url, { [name]: 0 }).result).rejects.toThrow(`expected \`${name}\` above 0`);
    await writeFile(path.join(folder, 'reports.jsonl'), 'my notes\n');
    await expect(ask(service.url, { out: folder }).result).rejects.toThrow('another origin');
    expect(service.requests).toEqual([]);
  });
});

describe('addresses and keys', () => {
  it('are completed, and refused where films or key would be open to others', () => {
    expect(chatAddress('https://api.openai.com/v1/').href).toBe('https://api.openai.com/v1/chat/completions');
    const azure = 'https://x.example/openai/deployments/a/chat/completions?api-version=1';
    expect(chatAddress(azure).href).toBe(azure);
    expect(chatAddress('http://localhost:8000/v1').href).toBe('http://localhost:8000/v1/chat/completions');
    for (const url of [
      'no address',
      'http://example.org/v1',
      'ftp://localhost/v1',
      'https://me:secret@example.org/v1',
    ])
      expect(() => chatAddress(url)).toThrow('`url`: expected');
  });

  it('are never repeated in a message', () => {
    expect(() => checkKey('sk-1\n')).toThrow(/printable characters/);
    expect(() => checkKey('sk-1\n')).not.toThrow(/sk-1/);
    expect(() => checkKey('sk-1')).not.toThrow();
  });
});

describe('answers', () => {
  it('may come in parts', () => {
    const { body } = says([
      { type: 'text', text: 'Clear. ' },
      { type: 'text', text: 'No effusion.' },
    ]);
    expect(parseAnswer(body!)).toEqual({ text: 'Clear. No effusion.', outcome: 'whole' });
  });

  it('that decline are told from reports', () => {
    const outcome = (text: string, more = {}) => parseAnswer(says(text, more).body!)!.outcome;
    expect(outcome('I can’t interpret medical images.')).toBe('refused');
    expect(outcome('I am unable to do so.')).toBe('refused');
    expect(outcome('Clear.', { finish_reason: 'content_filter' })).toBe('refused');
    expect(outcome('Infiltrate cannot be excluded. I can see no effusion.')).toBe('whole');
    expect(outcome('I can see clear lungs.')).toBe('whole');
  });

  it('that are no chat completion are none', () => {
    for (const body of ['', 'null', '[]', '{}', '{"choices":[]}', '{"choices":[{"message":{"content":7}}]}'])
      expect(parseAnswer(body)).toBeUndefined();
    expect(errorCodeOf('{"error":{"code":"free text\\n","type":"server_error"}}')).toBe('server_error');
    expect(errorCodeOf('<html>')).toBeUndefined();
  });
});

describe('waits', () => {
  it('are those that the service asks for, in seconds or until a date', () => {
    const now = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');
    expect(parseRetryAfter('3', now)).toBe(3000);
    expect(parseRetryAfter('Wed, 21 Oct 2015 07:28:10 GMT', now)).toBe(10_000);
    expect(parseRetryAfter('Wed, 21 Oct 2015 07:00:00 GMT', now)).toBe(0);
    for (const header of [null, '', 'soon']) expect(parseRetryAfter(header, now)).toBeUndefined();
  });

  it('double, up to a limit, where it asks for none', () => {
    const policy = { maxTries: 9, firstDelayMs: 100, maxDelayMs: 350 };
    expect([1, 2, 3].map((tries) => delayOf(tries, undefined, policy))).toEqual([100, 200, 350]);
    expect(delayOf(3, 7, policy)).toBe(7);
  });
});
