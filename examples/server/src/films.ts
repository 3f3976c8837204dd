import { Buffer, File } from 'node:buffer';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

/** What a film may be sent as; its bytes say what it is. */
export const FILM_TYPES = ['image/png', 'image/jpeg', 'application/dicom'] as const;

/** What browsers and curl call a file whose type they don't know, such as DICOM. */
const UNKNOWN_TYPES = ['application/octet-stream', ''];

const missing = () =>
  new Problem(400, 'NO_FILM', 'expected a film as the body, or as the field "film" of a form; send one');

const unsupported = (type: string) =>
  new Problem(
    415,
    'UNSUPPORTED_TYPE',
    `expected ${FILM_TYPES.join(', ')} or multipart/form-data, got ${JSON.stringify(type)}; send one of these`,
  );

/** Lets the server take films, and nothing else, as bodies. */
export async function acceptFilms(app: FastifyInstance, maxBytes: number): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...FILM_TYPES], { parseAs: 'buffer', bodyLimit: maxBytes }, (_, body, done) =>
    done(null, body),
  );
  await app.register(multipart, {
    limits: { fileSize: maxBytes, files: 1, fields: 8, fieldSize: 1024, fieldNameSize: 64, parts: 9 },
  });
}

/** The film in the field `film` of a form. */
async function filmOfForm(request: FastifyRequest): Promise<File> {
  let film: File | undefined;
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue;
    if (part.fieldname !== 'film') throw missing();
    if (![...FILM_TYPES, ...UNKNOWN_TYPES].includes(part.mimetype)) throw unsupported(part.mimetype);
    film = new File([await part.toBuffer()], part.filename);
  }
  if (!film) throw missing();
  return film;
}

/** A form that is damaged, where the parser has no status for it. */
function toProblem(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error
    ? error
    : new Problem(400, 'BAD_FORM', 'expected a whole form, got one without boundary or end; send it again');
}

/** The film of a request. @throws {Problem} where there is none */
export async function filmOf(request: FastifyRequest): Promise<File | Uint8Array> {
  if (request.isMultipart())
    return filmOfForm(request).catch((error: unknown) => {
      throw toProblem(error);
    });
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) throw missing();
  return body;
}
