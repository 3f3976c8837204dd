/** How names of films end, without the dot, in lower case: those of the formats that `@crrg/image` decodes. */
export const FILM_EXTENSIONS: readonly string[] = ['png', 'jpg', 'jpeg'];

/** `.png, .jpg and .jpeg`. */
export function listFilmExtensions(conjunction: 'and' | 'or'): string {
  const names = FILM_EXTENSIONS.map((extension) => `.${extension}`);
  return `${names.slice(0, -1).join(', ')} ${conjunction} ${names.at(-1)}`;
}
