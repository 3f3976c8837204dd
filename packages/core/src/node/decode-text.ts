/** A text and what its reader should know about how it was read. */
export interface DecodedText {
  readonly text: string;
  /** How it was read where it is not plain UTF-8; for the user. */
  readonly notes: readonly string[];
}

/** Why bytes are no text that can be read: what was found and what to do. */
export interface Undecodable {
  readonly problem: string;
}

type Signature = readonly [what: string, bytes: string, advice: string];

/** First bytes, as Latin-1 text, of files that are often named like texts. */
const SIGNATURES: readonly Signature[] = [
  ['a gzip file', '\x1f\x8b', 'unpack it with gunzip'],
  ['a bzip2 file', 'BZh', 'unpack it with bunzip2'],
  ['an xz file', '\xfd7zXZ', 'unpack it with unxz'],
  ['a Zstandard file', '\x28\xb5\x2f\xfd', 'unpack it with unzstd'],
  ['a 7z archive', "7z\xbc\xaf'\x1c", 'unpack it'],
  ['a RAR archive', 'Rar!\x1a', 'unpack it'],
  ['a Parquet file', 'PAR1', 'save its table as CSV or JSON Lines'],
  ['an Arrow file', 'ARROW1', 'save its table as CSV or JSON Lines'],
  ['an SQLite database', 'SQLite format 3', 'export the table as CSV'],
  ['an HDF5 file', '\x89HDF', 'save its table as CSV or JSON Lines'],
  ['a NumPy file', '\x93NUMPY', 'save its array as CSV'],
  ['an older Excel workbook', '\xd0\xcf\x11\xe0', 'save the sheet as CSV UTF-8'],
  ['a PDF', '%PDF-', 'save its text as CSV or JSON Lines'],
  ['an RTF document', '{\\rtf', 'save it as plain text'],
  ['a Git LFS pointer', 'version https://git-lfs', 'fetch the file itself with git lfs pull'],
  ['a web page', '<!DOCTYPE html', 'download the file itself'],
  ['a web page', '<html', 'download the file itself'],
  ['UTF-32 text', '\xff\xfe\0\0', 'save it as UTF-8'],
  ['UTF-32 text', '\0\0\xfe\xff', 'save it as UTF-8'],
];

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function zipKind(bytes: Uint8Array): Signature {
  const names = latin1(bytes.subarray(0, 8192)) + latin1(bytes.subarray(-8192));
  if (names.includes('xl/')) return ['an Excel workbook', '', 'save the sheet as CSV UTF-8'];
  if (names.includes('word/')) return ['a Word document', '', 'save it as plain text'];
  return ['a zip archive', '', 'unpack it'];
}

function findSignature(bytes: Uint8Array): Signature | undefined {
  const start = latin1(bytes.subarray(0, 32));
  if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06')) return zipKind(bytes);
  if (/^\x80[\x02-\x05][\x95}\](c]/.test(start)) return ['a Python pickle', '', 'save its table as CSV'];
  return SIGNATURES.find(([, signature]) => start.startsWith(signature));
}

/** UTF-16 by its mark, or by where the zero bytes of its plain letters are. */
function findUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const length = Math.min(bytes.length, 4096) & ~1;
  const zeros = [0, 0];
  for (let at = 0; at < length; at++) if (bytes[at] === 0) zeros[at & 1]! += 1;
  const shares = zeros.map((count) => (2 * count) / length);
  if (shares[1]! > 0.4 && shares[0]! < 0.1) return 'utf-16le';
  return shares[0]! > 0.4 && shares[1]! < 0.1 ? 'utf-16be' : undefined;
}

function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const lineOf = (text: string, at: number) => text.slice(0, at).split(/\r\n?|\n/).length;

/**
 * The characters of bytes 0x80 to 0x9f in Windows-1252; the others are those of Latin-1. Some versions of Node decode these bytes as Latin-1
 * too, under either name.
 */
const WINDOWS_1252 =
  '\u20ac\ufffd\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\ufffd\u017d\ufffd' +
  '\ufffd\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\ufffd\u017e\u0178';

/** Bytes that Windows-1252 gives no character to. */
const UNUSED = /[\x81\x8d\x8f\x90\x9d]/;
/** A character of several bytes in UTF-8. */
const UTF8_SEQUENCE = /[\xc3-\xdf][\x80-\xbf](?![\x80-\xbf])|\xe2[\x80-\xbf]{2}/;
/** Texts in a language that Windows-1252 can write have fewer letters outside ASCII. */
const MOST_FOREIGN = 0.25;

/** Text that is no UTF-8: Windows-1252, what Excel writes, unless something speaks against it. */
function decodeWindows1252(bytes: Uint8Array): DecodedText | Undecodable {
  const plain = latin1(bytes);
  const first = plain.search(/[\x80-\xff]/);
  const foreign = plain.match(/[\x80-\xff]/g)?.length ?? 0;
  const advice = 'save it as UTF-8';
  if (UTF8_SEQUENCE.test(plain))
    return { problem: `expected UTF-8 text, got a mixture of encodings or a damaged file; ${advice}.` };
  if (UNUSED.test(plain) || foreign > MOST_FOREIGN * plain.length)
    return { problem: `line ${lineOf(plain, first)}: expected UTF-8 text, got another encoding; ${advice}.` };
  return {
    text: plain.replace(/[\x80-\x9f]/g, (byte) => WINDOWS_1252[byte.charCodeAt(0) - 0x80]!),
    notes: [
      `read as Windows-1252, because line ${lineOf(plain, first)} is no UTF-8; ${advice} if letters come out wrong.`,
    ],
  };
}

/** Refuses what no text holds, and says what was lost before. */
function checked({ text, notes }: DecodedText): DecodedText | Undecodable {
  const zero = text.indexOf('\0');
  if (zero >= 0)
    return {
      problem: `expected text, got a zero byte in line ${lineOf(text, zero)}; check what the file is, or save it as UTF-8.`,
    };
  const lost = text.indexOf('\ufffd');
  if (lost < 0) return { text, notes };
  const note = `line ${lineOf(text, lost)} holds U+FFFD, which stands for a letter that was lost before; check the text.`;
  return { text, notes: [...notes, note] };
}

/**
 * A file's text without its byte order mark: UTF-8; UTF-16 with or without a mark; else Windows-1252, with a note. Never replaces a
 * byte in silence.
 */
export function decodeInputText(bytes: Uint8Array): DecodedText | Undecodable {
  const signature = findSignature(bytes);
  if (signature) return { problem: `expected text, got ${signature[0]}; ${signature[2]}.` };
  const utf16 = findUtf16(bytes);
  if (utf16) {
    const text = decode(utf16, bytes);
    if (text === undefined) return { problem: 'expected UTF-16 text, got a damaged file; save it as UTF-8.' };
    return checked({ text, notes: [`read as ${utf16.toUpperCase()}.`] });
  }
  const text = decode('utf-8', bytes);
  if (text !== undefined) return checked({ text, notes: [] });
  const decoded = decodeWindows1252(bytes);
  return 'text' in decoded ? checked(decoded) : decoded;
}
