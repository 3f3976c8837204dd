import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ImageSource, ReportOptions, ReportPool } from '@crrg/pipeline';
import { STREAM_TYPES, toEventStream, type StreamType } from './event-stream.js';
import { filmOf } from './films.js';
import { overlayRoute, reportRoute } from './openapi.js';
import { OVERLAY_TYPES, type Overlays, type OverlayType } from './overlays.js';
import { noteProblem, Problem } from './problems.js';
import type { OpenRequests } from './open-requests.js';

type ReportQuery = Pick<ReportOptions, 'numBeams' | 'classify' | 'explain' | 'strict'> & {
  readonly stream?: boolean;
};

const JSON_TYPE = 'application/json';
type AnswerType = typeof JSON_TYPE | StreamType | OverlayType;

/** The first type of the Accept header that can be given; the first that can where it does not mind. */
function acceptedType(request: FastifyRequest, types: readonly AnswerType[]): AnswerType {
  const wanted = (request.headers.accept ?? '*/*').split(',').map((each) => each.split(';')[0]!.trim());
  for (const each of wanted) {
    const pattern = each.replace(/\*$/, '');
    const found =
      each === '*/*'
        ? types[0]
        : types.find((type) => each === type || (pattern !== each && type.startsWith(pattern)));
    if (found) return found;
  }
  throw new Problem(406, 'NOT_ACCEPTABLE', `expected Accept to name one of ${types.join(', ')}`);
}

/** What the routes of reports need. */
export interface ReportService {
  readonly requests: OpenRequests;
  readonly overlays: Overlays;
  /** @throws {Problem} while the model is being opened */
  pool(): ReportPool<ImageSource>;
}

/** Adds `POST /reports` and `POST /overlays`. */
export function addReportRoutes(app: FastifyInstance, { requests, overlays, pool }: ReportService): void {
  const admit = async (request: FastifyRequest, reply: FastifyReply) => {
    pool();
    request.limit = requests.admit(request, reply);
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply, type: AnswerType) => {
    const film = await filmOf(request);
    const { stream: _, ...options } = request.query as ReportQuery;
    const call = { ...options, signal: request.limit };
    const start = performance.now();
    if (type === 'application/x-ndjson' || type === 'text/event-stream') {
      const events = await toEventStream(pool().streamReport(film, call), type, (error) =>
        noteProblem(error, request),
      );
      return reply.type(type).header('x-accel-buffering', 'no').send(events);
    }
    const report = await pool().generateReport(film, call);
    requests.took(performance.now() - start);
    if (type === JSON_TYPE) return reply.type(`${JSON_TYPE}; charset=utf-8`).send(report);
    const bytes = film instanceof Uint8Array ? film : new Uint8Array(await film.arrayBuffer());
    return reply.type(type).send(await overlays.draw({ bytes, report, type, signal: call.signal }));
  };

  app.post('/reports', { schema: reportRoute, onRequest: admit }, (request, reply) => {
    const { stream } = request.query as ReportQuery;
    const types = stream ? STREAM_TYPES : ([JSON_TYPE, ...STREAM_TYPES, ...OVERLAY_TYPES] as const);
    return answer(request, reply, acceptedType(request, types));
  });
  app.post('/overlays', { schema: overlayRoute, onRequest: admit }, (request, reply) =>
    answer(request, reply, acceptedType(request, OVERLAY_TYPES)),
  );
}
