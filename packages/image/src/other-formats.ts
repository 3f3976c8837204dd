/** A kind of file that is not decoded: how it begins, what it is called, and what to do with it. */
interface OtherFormat {
  readonly name: string;
  /** Bytes, or text of one byte a letter. */
  readonly start: string | readonly number[];
  /** Where `start` lies. @defaultValue 0 */
  readonly at?: number;
  /** @defaultValue save it as PNG or JPEG */
  readonly advice?: string;
}

const KEEP_GREYS = 'save it as PNG, with 16 bits where it has more than 8';
const UNPACK = 'unpack it and name one picture';

const OTHER_FORMATS: readonly OtherFormat[] = [
  { name: 'a JPEG 2000 file', start: 'jP  ', at: 4, advice: KEEP_GREYS },
  { name: 'a JPEG 2000 file', start: [0xff, 0x4f, 0xff, 0x51], advice: KEEP_GREYS },
  { name: 'a JPEG XL file', start: 'JXL ', at: 4, advice: KEEP_GREYS },
  { name: 'a JPEG XL file', start: [0xff, 0x0a], advice: KEEP_GREYS },
  { name: 'a JPEG XR file', start: [0x49, 0x49, 0xbc], advice: KEEP_GREYS },
  { name: 'a TIFF file', start: [0x49, 0x49, 0x2a, 0], advice: KEEP_GREYS },
  { name: 'a TIFF file', start: [0x4d, 0x4d, 0, 0x2a], advice: KEEP_GREYS },
  { name: 'a TIFF file', start: [0x49, 0x49, 0x2b, 0], advice: KEEP_GREYS },
  { name: 'a TIFF file', start: [0x4d, 0x4d, 0, 0x2b], advice: KEEP_GREYS },
  { name: 'a WebP file', start: 'WEBP', at: 8 },
  { name: 'a GIF file', start: 'GIF8' },
  { name: 'an AVIF file', start: 'ftypavi', at: 4 },
  { name: 'a HEIC file', start: 'ftyphei', at: 4 },
  { name: 'a HEIC file', start: 'ftyphev', at: 4 },
  { name: 'a HEIC file', start: 'ftypm', at: 4 },
  { name: 'a video file', start: 'ftyp', at: 4, advice: 'name one picture' },
  { name: 'a BMP file', start: 'BM' },
  { name: 'a PDF file', start: '%PDF', advice: 'save the picture in it as PNG or JPEG' },
  { name: 'a Photoshop file', start: '8BPS' },
  { name: 'a MNG file', start: [0x8a, 0x4d, 0x4e, 0x47] },
  {
    name: 'a PNG file that a transfer as text has changed',
    start: [0x89, 0x50, 0x4e, 0x47],
    advice: 'transfer it again as binary',
  },
  { name: 'a zip archive', start: [0x50, 0x4b, 3, 4], advice: UNPACK },
  { name: 'a gzip archive', start: [0x1f, 0x8b], advice: UNPACK },
  { name: 'a 7z archive', start: [0x37, 0x7a, 0xbc, 0xaf], advice: UNPACK },
  { name: 'a rar archive', start: 'Rar!', advice: UNPACK },
  { name: 'a NumPy array', start: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], advice: KEEP_GREYS },
  { name: 'an HDF5 file', start: [0x89, 0x48, 0x44, 0x46], advice: KEEP_GREYS },
  { name: 'a NIfTI file', start: 'n+1', at: 344, advice: KEEP_GREYS },
  { name: 'an NRRD file', start: 'NRRD', advice: KEEP_GREYS },
  { name: 'a PGM or PPM picture', start: 'P5\n', advice: KEEP_GREYS },
  { name: 'a PGM or PPM picture', start: 'P5 ', advice: KEEP_GREYS },
  { name: 'a PGM or PPM picture', start: 'P6\n', advice: KEEP_GREYS },
  { name: 'a PGM or PPM picture', start: 'P6 ', advice: KEEP_GREYS },
  { name: 'a PGM or PPM picture', start: 'P2\n', advice: KEEP_GREYS },
  { name: 'an icon file', start: [0, 0, 1, 0] },
  {
    name: 'a Git LFS pointer',
    start: 'version https://git-lfs',
    advice: 'fetch the picture itself with git lfs pull',
  },
];

/** What a file that is no PNG, JPEG or DICOM file seems to be, and what to do. */
export function describeOtherFormat(bytes: Uint8Array): { readonly name: string; readonly advice: string } {
  const advice = 'save it as PNG or JPEG';
  if (bytes.length === 0) return { name: 'an empty file', advice: 'export or download the picture again' };
  const known = OTHER_FORMATS.find((format) => hasStart(bytes, format));
  if (known) return { name: known.name, advice: known.advice ?? advice };
  const start = Array.from(bytes.subarray(0, 8));
  if (isText(bytes.subarray(0, 64))) {
    const isPage = /^\s*<(!doctype\s+html|html|\?xml|svg)/i.test(
      new TextDecoder().decode(bytes.subarray(0, 64)),
    );
    if (isPage)
      return { name: 'text (a web page or drawing)', advice: 'download the picture itself as PNG or JPEG' };
    return { name: 'text', advice: 'name a picture, as PNG, JPEG or DICOM' };
  }
  const hexadecimal = start.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { name: `bytes ${hexadecimal}`, advice: 'convert the picture to PNG or JPEG' };
}

function hasStart(bytes: Uint8Array, { start, at = 0 }: OtherFormat): boolean {
  const wanted = typeof start === 'string' ? Array.from(start, (letter) => letter.charCodeAt(0)) : start;
  return wanted.every((byte, index) => bytes[at + index] === byte);
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte !== 127));
}
