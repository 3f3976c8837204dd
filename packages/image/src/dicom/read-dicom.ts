import { computeSha256, ImageError, type Doubt } from '@crrg/core';
import type { DataSet } from 'dicom-parser';
import type { GreyImage } from '../pixels.js';
import type { Codecs } from './codecs.js';
import { MAXIMUM_DICOM_BYTES, parseDicom, type ParsedDicom } from './data-set.js';
import { refusedDicom, typedDicomError } from './errors.js';
import { findFilmKind, type FilmKind } from './film-kind.js';
import { toGreyPicture, type GreyRange } from './grey-picture.js';
import { countItems } from './lookup-table.js';
import { readPixelFormat, type PixelFormat } from './pixel-format.js';
import { decodeStoredPixels } from './stored-pixels.js';
import { TAGS } from './tags.js';
import { countWindows } from './window.js';

/** Which DICOM files are read, and what of them is told. */
export interface ReadDicomOptions {
  /** Refuses pictures with more pixels, before any of them is decoded. @defaultValue 100 million */
  readonly maxPixels?: number | undefined;
  /** Refuses what is no radiograph, such as a CT image. @defaultValue false: any grey picture of one frame */
  readonly radiographOnly?: boolean | undefined;
  /** Tells the UIDs of study, series and image, which identify a patient to whoever has the archive. @defaultValue false */
  readonly identifiers?: boolean | undefined;
}

/** The UIDs by which an archive knows an image. */
export interface DicomIdentifiers {
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly sopInstanceUid: string | null;
  readonly sopClassUid: string | null;
}

/** How a DICOM file became a picture. Holds no text of the file. */
export interface DicomProvenance {
  /** UID of the transfer syntax. */
  readonly transferSyntax: string;
  /** What decided which values are black and which are white. */
  readonly range: GreyRange;
  /** Low values are white in the file (MONOCHROME1), so the picture was inverted. */
  readonly isInverted: boolean;
  readonly bitsStored: number;
  /** SHA-256 of the stored values `[rows, columns]`, one byte each up to 8 allocated bits, else two with the lower first. */
  readonly pixelSha256: string;
  /** Only where they were asked for. */
  readonly identifiers?: DicomIdentifiers | undefined;
}

/** A DICOM file as a grey picture. */
export interface DicomPicture {
  /** In the pixels of the stored image. */
  readonly image: GreyImage;
  /** What the attributes and stored values make doubtful; the picture itself was not looked at. */
  readonly doubts: readonly Doubt[];
  readonly provenance: DicomProvenance;
}

/** What a DICOM file is, without any text of it. */
export interface DicomDescription {
  readonly transferSyntax: { readonly uid: string; readonly name: string };
  /** Such as `a radiograph` or `a CT image`. */
  readonly kind: string;
  /** How the pixels are stored; null where they are none that can be read. */
  readonly format: PixelFormat | null;
  /** Null where the pixels cannot be read. */
  readonly provenance: DicomProvenance | null;
  readonly doubts: readonly Doubt[];
  /** Why it cannot be read as a film; null where it can. */
  readonly problem: string | null;
}

/**
 * The picture of a DICOM file, by the one rule of `toGreyPicture`.
 * @throws `ImageError` where it is damaged, too large, no grey picture of one frame or, with `radiographOnly`, no radiograph
 */
export async function readDicom(
  bytes: Uint8Array,
  codecs: Codecs,
  options: ReadDicomOptions = {},
): Promise<DicomPicture> {
  return typed(async () => {
    const parsed = openDicom(bytes);
    const kind = findFilmKind(parsed.dataSet);
    if (kind.refusal !== undefined && (options.radiographOnly || !hasPixels(parsed)))
      throw refusedDicom(kind.name, kind.refusal);
    const format = readPixelFormat(parsed.dataSet, options.maxPixels);
    return decodePicture(parsed, format, kind, codecs, options);
  });
}

/**
 * What a DICOM file is, whether it can be read or not; only what is no DICOM file at all is an error.
 * @throws `ImageError` where the attributes cannot be read
 */
export async function describeDicom(
  bytes: Uint8Array,
  codecs: Codecs,
  options: ReadDicomOptions = {},
): Promise<DicomDescription> {
  return typed(async () => {
    const parsed = openDicom(bytes);
    const kind = findFilmKind(parsed.dataSet);
    const { uid, name } = parsed.syntax;
    const base = { transferSyntax: { uid, name }, kind: kind.name, doubts: kind.doubts };
    const refusal = kind.refusal === undefined ? null : refusedDicom(kind.name, kind.refusal);
    let format: PixelFormat | null = null;
    try {
      if (refusal && !hasPixels(parsed)) throw refusal;
      format = readPixelFormat(parsed.dataSet, options.maxPixels);
      const { doubts, provenance } = await decodePicture(parsed, format, kind, codecs, options);
      return { ...base, format, provenance, doubts, problem: refusal?.message ?? null };
    } catch (cause) {
      const error = typedDicomError(cause);
      if (!(error instanceof ImageError)) throw error;
      return { ...base, format, provenance: null, problem: error.message };
    }
  });
}

async function typed<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw typedDicomError(cause);
  }
}

function openDicom(bytes: Uint8Array): ParsedDicom {
  if (bytes.length > MAXIMUM_DICOM_BYTES)
    throw refusedDicom('a file of more than 256 MiB', 'shrink the picture or compress its pixels');
  return parseDicom(bytes);
}

function hasPixels({ dataSet }: ParsedDicom): boolean {
  return dataSet.elements[TAGS.rows] !== undefined;
}

async function decodePicture(
  parsed: ParsedDicom,
  format: PixelFormat,
  kind: FilmKind,
  codecs: Codecs,
  options: ReadDicomOptions,
): Promise<DicomPicture> {
  const { dataSet, syntax } = parsed;
  const stored = await decodeStoredPixels(parsed, format, codecs);
  const { image, range } = toGreyPicture(dataSet, format, stored);
  const { data } = stored;
  const strayShare = stored.strayCount / data.length;
  return {
    image,
    doubts: [...kind.doubts, ...rangeDoubts(dataSet, range), ...strayDoubts(strayShare)],
    provenance: {
      transferSyntax: syntax.uid,
      range,
      isInverted: format.isInverted,
      bitsStored: format.bitsStored,
      pixelSha256: await computeSha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ...(options.identifiers && { identifiers: readIdentifiers(dataSet) }),
    },
  };
}

function rangeDoubts(dataSet: DataSet, range: GreyRange): Doubt[] {
  const offered =
    range.kind === 'table'
      ? countItems(dataSet, TAGS.voiLutSequence)
      : range.kind === 'window'
        ? countWindows(dataSet)
        : 1;
  const several: Doubt = {
    code: 'several-windows',
    message: `the file offers ${offered} windows or tables of its greys; the first was used. Check the picture, or export it with the right one applied.`,
  };
  const senseless: Doubt = {
    code: 'window-not-applied',
    message:
      'the window of the file makes no sense; its greys were spread from the lowest to the highest instead. Check the picture.',
  };
  const isSenseless = range.kind === 'span' && range.isWindowSenseless;
  return [...(offered > 1 ? [several] : []), ...(isSenseless ? [senseless] : [])];
}

/** Share of values that may lie outside the stored bits, as a lossy codec leaves them. */
const MOST_STRAY = 0.001;

function strayDoubts(share: number): Doubt[] {
  if (share <= MOST_STRAY) return [];
  return [
    {
      code: 'stray-bits',
      message: `${Math.ceil(share * 100)} % of the stored values use bits that the file says hold none; those bits were ignored. Check the picture.`,
    },
  ];
}

function readIdentifiers(dataSet: DataSet): DicomIdentifiers {
  const uid = (tag: string) => {
    const text = dataSet.string(tag) ?? '';
    return /^[0-9.]{1,64}$/.test(text) ? text : null;
  };
  return {
    studyInstanceUid: uid(TAGS.studyInstanceUid),
    seriesInstanceUid: uid(TAGS.seriesInstanceUid),
    sopInstanceUid: uid(TAGS.sopInstanceUid),
    sopClassUid: uid(TAGS.sopClassUid),
  };
}
