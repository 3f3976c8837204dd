import { createRequire } from 'node:module';
import { INTENDED_USE } from '@crrg/core';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { STREAM_TYPES } from './event-stream.js';
import { FILM_TYPES } from './films.js';
import { OVERLAY_TYPES } from './overlays.js';

type Schema = Readonly<Record<string, unknown>>;
const REPORT = createRequire(import.meta.url)('@crrg/pipeline/schemas/report.schema.json') as Schema & {
  readonly definitions: Readonly<Record<string, Schema>>;
};

/** The report's schema as Fastify shares schemas: every definition by its name. */
function sharedSchemas(): readonly Schema[] {
  const { $schema: _, definitions, ...report } = REPORT;
  const named = { Report: report, ...definitions };
  const withNames = JSON.stringify(named)
    .replaceAll('"#/definitions/', '"')
    .replace(/("\$ref":"\w+)"/g, '$1#"');
  return Object.entries(JSON.parse(withNames) as Record<string, Schema>).map(([name, schema]) => ({
    $id: name,
    ...schema,
  }));
}

const PROBLEM = {
  $id: 'Problem',
  type: 'object',
  description: 'Why a request was refused.',
  required: ['statusCode', 'code', 'message'],
  properties: {
    statusCode: { type: 'integer' },
    code: { type: 'string', description: 'The same for the same reason.' },
    message: { type: 'string', description: 'One line for people.' },
    doubts: { type: 'array', items: { $ref: 'Doubt#' }, description: 'Only where `strict` refused a film.' },
  },
};

const problem = (description: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: 'Problem#' } } },
});

const PROBLEMS = {
  400: problem('No film, a damaged form, or an option that is none.'),
  406: problem('Accept names nothing that can be given.'),
  413: problem('The film has too many bytes.'),
  415: problem('The body is neither a film nor a form.'),
  422: problem('The film cannot be read, or `strict` refused it.'),
  429: problem('Too many requests at once; Retry-After says when to come again.'),
  500: problem('A fault of the server.'),
  503: problem('The model is being opened, or the server is ending.'),
  504: problem('It took too long; the computation was ended.'),
};

const QUERY = {
  type: 'object',
  additionalProperties: false,
  dependencies: { explain: ['classify'] },
  properties: {
    numBeams: { type: 'integer', minimum: 1, maximum: 4, description: '1 is greedy search. Default 4.' },
    classify: { type: 'boolean', description: 'Adds what the classifier says of the picture.' },
    explain: { type: 'boolean', description: 'With `classify`, adds where the classifier looked.' },
    strict: { type: 'boolean', description: 'Refuses a film that is in doubt (422, with the doubts).' },
  },
};

const binary = { schema: { type: 'string', format: 'binary' } };
const contents = (types: readonly string[]) => Object.fromEntries(types.map((type) => [type, binary]));
const events = {
  schema: {
    type: 'string',
    description: 'A line or event each: regions, sentence, report; error where it fails.',
  },
};

/** `POST /reports`. */
export const reportRoute: FastifySchema = {
  summary: 'The report of a film',
  description: 'Body: a film, or a form with the film in the field `film`.',
  querystring: {
    ...QUERY,
    properties: {
      ...QUERY.properties,
      stream: { type: 'boolean', description: 'Tells events as sentences are finished.' },
    },
  },
  response: {
    200: {
      description: 'The report, its events, or its overlay, as Accept asks.',
      content: {
        'application/json': { schema: { $ref: 'Report#' } },
        ...Object.fromEntries(STREAM_TYPES.map((type) => [type, events])),
        ...contents(OVERLAY_TYPES),
      },
    },
    ...PROBLEMS,
  },
};

/** `POST /overlays`. */
export const overlayRoute: FastifySchema = {
  summary: 'A film with its report drawn over it',
  description: 'Body and options as of `/reports`.',
  querystring: QUERY,
  response: {
    200: { description: 'A picture, as Accept asks.', content: contents(OVERLAY_TYPES) },
    ...PROBLEMS,
  },
};

/** The routes whose body is a film: bodies are streams or bytes, so that Fastify has no schema for them. */
const FILM_BODY = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['film'],
        properties: { film: { type: 'string', format: 'binary' } },
      },
    },
    ...contents(FILM_TYPES),
  },
};

/** Adds `/openapi.json` and a page that shows it, `/docs`. Before the routes, which it describes. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  for (const schema of [...sharedSchemas(), PROBLEM]) app.addSchema(schema);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Reports of chest radiographs', version: '1', description: INTENDED_USE },
    },
    refResolver: { buildLocalReference: (json) => String(json.$id) },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const item of Object.values(openapiObject.paths ?? {}))
        if (item?.post) Object.assign(item.post, { requestBody: FILM_BODY });
      return openapiObject;
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
