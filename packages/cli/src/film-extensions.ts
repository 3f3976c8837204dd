/** How names of pictures end, without the dot, in lower case: those of the formats that `@crrg/image` decodes. */
export const PICTURE_EXTENSIONS: readonly string[] = ['png', 'jpg', 'jpeg'];

/** How names of DICOM files end where they have an extension; many have none, or the end of a UID. */
export const DICOM_EXTENSIONS: readonly string[] = ['dcm', 'dicom', 'dic'];

/** How names of films end. */
export const FILM_EXTENSIONS: readonly string[] = [...PICTURE_EXTENSIONS, ...DICOM_EXTENSIONS];

/** Whether the name of a file ends so, in whatever case. */
export function hasExtension(file: string, extensions: readonly string[]): boolean {
  const name = file.toLowerCase();
  return extensions.some((extension) => name.endsWith(`.${extension}`));
}

/** `.png, .jpg and .jpeg`. */
export function listFilmExtensions(conjunction: 'and' | 'or'): string {
  const names = FILM_EXTENSIONS.map((extension) => `.${extension}`);
  return `${names.slice(0, -1).join(', ')} ${conjunction} ${names.at(-1)}`;
}
