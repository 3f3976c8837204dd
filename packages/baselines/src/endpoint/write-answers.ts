import path from 'node:path';
import { ConfigError, DataError, type AbortOptions } from '@crrg/core';
import { takeRunFolder } from '@crrg/train/node';
import type { StudySplit } from '@crrg/datasets';
import { assertUsableRadiograph, encodePng, fitLongestSide, to8Bit } from '@crrg/image';
import { decodeRadiograph, readImageBytes } from '@crrg/image/node';
import type { BaselineListener } from '../studies/events.js';
import { filmsOf, readFilmTexts, requireSplit, type FilmText } from '../studies/film-texts.js';
import { requireReportsFile, writeReports, type WrittenReport } from '../studies/write-reports.js';
import { createAnswerCache, type AnswerCache } from './answer-cache.js';
import type { Answer } from './answer.js';
import { chatRequest, DEFAULT_PROMPT, type Question } from './request.js';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry.js';
import { chatAddress, checkKey, createService, QuestionRefused, type Service } from './service.js';

/** How {@link writeEndpointReports} asks. */
export interface EndpointOptions extends AbortOptions {
  /** Folder that gets `reports.jsonl`, and every answer as it comes in `answers/`. */
  readonly out: string;
  /** That you may send these films to this service: true, or nothing is sent. */
  readonly confirmUpload: boolean;
  /** Base address of an OpenAI-compatible service. @defaultValue 'https://api.openai.com/v1' */
  readonly url?: string | undefined;
  /** @defaultValue 'gpt-4o' */
  readonly model?: string | undefined;
  /** Sent as bearer token, kept nowhere. @defaultValue none, for services on this machine */
  readonly apiKey?: string | undefined;
  /** @defaultValue a request for the findings section alone */
  readonly prompt?: string | undefined;
  /** Longest answer in tokens. @defaultValue 300, as the reference */
  readonly maxTokens?: number | undefined;
  /** Longest side of the picture that is sent, in pixels. @defaultValue 1024 */
  readonly imageSide?: number | undefined;
  /** Hyphens and newlines are removed from answers, as the reference does; else white space becomes single blanks. @defaultValue false */
  readonly asReference?: boolean | undefined;
  /** Most requests in a minute. @defaultValue 20 */
  readonly requestsPerMinute?: number | undefined;
  /** Limit of one request, in milliseconds. @defaultValue 60000 */
  readonly timeoutMs?: number | undefined;
  /** @defaultValue six tries, a second before the second and twice as long each time, at most two minutes */
  readonly retries?: RetryPolicy | undefined;
  /** Whose films. @defaultValue 'test' */
  readonly split?: StudySplit | undefined;
  /** Films in doubt are not sent. @defaultValue false */
  readonly strict?: boolean | undefined;
  readonly onProgress?: BaselineListener | undefined;
}

/** What {@link writeEndpointReports} gives. */
export interface EndpointResult {
  readonly file: string;
  readonly counts: {
    /** Films with a line in the file. */
    readonly films: number;
    /** Answers that were there from an earlier run. */
    readonly kept: number;
    /** Films with an empty text: the service declined, or said nothing. */
    readonly refused: number;
    readonly empty: number;
    /** Answers that the limit of tokens ended. */
    readonly cut: number;
    /** Films without a line: unreadable, or not taken by the service. */
    readonly failed: number;
  };
}

const WHERE = 'baselines.writeEndpointReports';

/** @throws {ConfigError} where nobody said that the films may be sent */
function requireConsent(confirmed: boolean, address: URL): void {
  if (confirmed) return;
  throw new ConfigError(
    `${WHERE}: this sends every film to ${address.host}. The licences of MIMIC-CXR, Chest ImaGenome and other credentialed data forbid sending them to such services, and films of patients need the consent of those who answer for them; where you may, add \`confirmUpload\`.`,
  );
}

/** The report that an answer stands for. */
function reportOf({ text }: Answer, asReference: boolean): string {
  return asReference ? text.replace(/[-\n]/g, '') : text.replace(/\s+/g, ' ');
}

interface Asking {
  readonly options: EndpointOptions;
  readonly service: Service;
  readonly cache: AnswerCache;
}

/** The picture as it is sent: pixels alone, in 8 bits, nothing else of the file. */
async function pictureOf(
  film: FilmText,
  { imageSide = 1024, strict, onProgress }: EndpointOptions,
): Promise<Uint8Array> {
  const { image, doubts } = await decodeRadiograph(await readImageBytes(film.file));
  assertUsableRadiograph(image);
  if (doubts.length > 0 && strict)
    throw new DataError(`${WHERE}: doubt ${doubts[0]!.code}: ${doubts[0]!.message}`);
  if (doubts.length > 0) onProgress?.({ type: 'film-doubts', subject: film.subject, doubts });
  const grey = to8Bit(image);
  return encodePng(Math.max(grey.width, grey.height) > imageSide ? fitLongestSide(grey, imageSide) : grey);
}

async function answerOf(
  { options, service, cache }: Asking,
  png: Uint8Array,
): Promise<{ readonly answer: Answer; readonly isKept: boolean }> {
  const { model = 'gpt-4o', prompt = DEFAULT_PROMPT, maxTokens = 300 } = options;
  const question: Question = { model, prompt, maxTokens, png };
  const kept = await cache.load(question);
  if (kept) return { answer: kept, isKept: true };
  const answer = await service.ask(chatRequest(question));
  await cache.save(question, answer);
  return { answer, isKept: false };
}

async function askAll(asking: Asking, films: readonly FilmText[]) {
  const { onProgress, signal, asReference = false } = asking.options;
  const reports: WrittenReport[] = [];
  const counts = { films: 0, kept: 0, refused: 0, empty: 0, cut: 0, failed: 0 };
  for (const [index, film] of films.entries()) {
    signal?.throwIfAborted();
    const fail = (error: unknown) => {
      counts.failed += 1;
      onProgress?.({ type: 'film-failed', subject: film.subject, error });
    };
    const png = await pictureOf(film, asking.options).catch(fail);
    if (!png) continue;
    const found = await answerOf(asking, png).catch((error: unknown) => {
      if (!(error instanceof QuestionRefused)) throw error;
      fail(error);
    });
    if (!found) continue;
    const { answer, isKept } = found;
    reports.push({ id: film.id, image: film.image, text: reportOf(answer, asReference) });
    counts.films += 1;
    if (isKept) counts.kept += 1;
    if (answer.outcome !== 'whole') counts[answer.outcome] += 1;
    onProgress?.({ type: 'report-end', done: index + 1, total: films.length });
  }
  return { reports, counts };
}

function checkNumbers({
  requestsPerMinute = 1,
  timeoutMs = 1,
  maxTokens = 1,
  imageSide = 1,
}: EndpointOptions): void {
  const given = { requestsPerMinute, timeoutMs, maxTokens, imageSide };
  for (const [name, value] of Object.entries(given))
    if (!(Number.isFinite(value) && value > 0))
      throw new ConfigError(`${WHERE}: expected \`${name}\` above 0, got ${value}; correct it.`);
}

/**
 * Asks an OpenAI-compatible service for the findings of every film of a split, one film a request, and writes `reports.jsonl`. Only pixels are
 * sent, nothing else of the files. Every answer is kept as it comes: a run that was stopped goes on, and asks nothing twice. A service that
 * is busy or fails is asked again, later each time or when it says.
 * @param studies a JSONL file of region studies
 * @throws {ConfigError} without `confirmUpload`, and for options that are not valid
 * @throws {DataError} where the service refuses the account or gives no answer; `signal.reason` on abort
 *
 * @example
 * ```ts
 * await writeEndpointReports('open.jsonl', { confirmUpload: true, apiKey: process.env['OPENAI_API_KEY'], out: 'runs/gpt-4o' });
 * ```
 */
export async function writeEndpointReports(
  studies: string,
  options: EndpointOptions,
): Promise<EndpointResult> {
  const { out, apiKey, split = 'test', signal, onProgress } = options;
  const address = chatAddress(options.url ?? 'https://api.openai.com/v1');
  requireConsent(options.confirmUpload, address);
  checkKey(apiKey);
  checkNumbers(options);
  const films = filmsOf(await readFilmTexts(studies, options), split);
  requireSplit(films, split, WHERE);
  await requireReportsFile(out);
  const lock = await takeRunFolder(out, WHERE);
  try {
    const service = createService({
      ...{ address, apiKey, signal },
      requestsPerMinute: options.requestsPerMinute ?? 20,
      timeoutMs: options.timeoutMs ?? 60_000,
      retries: options.retries ?? DEFAULT_RETRIES,
      onRetry: (reason, waitMs) => onProgress?.({ type: 'request-retry', reason, waitMs }),
    });
    const cache = createAnswerCache(path.join(out, 'answers'), address);
    const { reports, counts } = await askAll({ options, service, cache }, films);
    return { file: await writeReports(out, reports), counts };
  } finally {
    await lock.release();
  }
}
