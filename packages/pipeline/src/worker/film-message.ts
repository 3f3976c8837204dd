import { fromErrorData, type ErrorData } from '@crrg/core';
import type { GreyImage } from '@crrg/image';
import { blobName, isPixels, isRadiograph, type Radiograph } from '../radiograph.js';

/** A film on its way to a worker: what threads cannot send is written out. */
export type FilmMessage =
  | { readonly kind: 'plain'; readonly film: unknown }
  | { readonly kind: 'address'; readonly href: string }
  | { readonly kind: 'file'; readonly blob: Blob; readonly name: string }
  /** One of several, which its owner could not give. */
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** A message with the memory that goes along with it. */
export interface Parcel<Message> {
  readonly message: Message;
  readonly transfer: readonly ArrayBuffer[];
}

/** A copy, of the part alone where the bytes are a part of a larger buffer: what is sent away is lost to its owner. */
function copied<Bytes extends Uint8Array | Uint16Array>(
  bytes: Bytes,
): Bytes & { readonly buffer: ArrayBuffer } {
  const copy = bytes instanceof Uint8Array ? new Uint8Array(bytes) : new Uint16Array(bytes);
  return copy as Bytes & { readonly buffer: ArrayBuffer };
}

const isBytes = (data: unknown): data is Uint8Array | Uint16Array =>
  data instanceof Uint8Array || data instanceof Uint16Array;

function pixelParcel(image: GreyImage): Parcel<GreyImage> | undefined {
  if (!isBytes(image.data)) return undefined;
  const data = copied(image.data);
  return { message: { ...image, data }, transfer: [data.buffer] };
}

function contentParcel(film: unknown): Parcel<unknown> | undefined {
  if (isRadiograph(film)) {
    const { image, input, doubts } = film;
    const pixels = pixelParcel(image);
    return pixels && { ...pixels, message: { image: pixels.message, input, doubts } satisfies Radiograph };
  }
  if (isPixels(film)) return pixelParcel(film);
  if (typeof film === 'string' || film instanceof Blob) return { message: film, transfer: [] };
  const bytes = film instanceof ArrayBuffer ? new Uint8Array(film) : film;
  if (!(bytes instanceof Uint8Array)) return undefined;
  const copy = copied(bytes);
  return { message: copy, transfer: [copy.buffer] };
}

/** A film as it is sent, undefined for what is no film. The caller's memory stays the caller's. */
export function toFilmMessage(film: unknown): Parcel<FilmMessage> | undefined {
  if (film instanceof URL) return { message: { kind: 'address', href: film.href }, transfer: [] };
  const name = blobName(film);
  if (film instanceof Blob && name !== null)
    return { message: { kind: 'file', blob: film, name }, transfer: [] };
  const content = contentParcel(film);
  return content && { ...content, message: { kind: 'plain', film: content.message } };
}

/** The film that a message holds. @throws what its owner could not give it for */
export function fromFilmMessage(message: FilmMessage): unknown {
  switch (message.kind) {
    case 'plain':
      return message.film;
    case 'address':
      return new URL(message.href);
    case 'file':
      // Some runtimes lose the name of a file on the way.
      return new File([message.blob], message.name, { type: message.blob.type });
    case 'failed':
      throw fromErrorData(message.error);
  }
}
