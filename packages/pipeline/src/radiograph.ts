import type { AbortOptions, Doubt } from '@crrg/core';
import { computeSha256 } from '@crrg/checkpoints';
import { assertGreyImage, type DecodedRadiograph, type DicomProvenance, type GreyImage } from '@crrg/image';

/** The radiograph that was read. */
export interface ReportInput {
  /** Name of the file, without its folder; null where pixels were given. */
  readonly file: string | null;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the file's bytes, or of the pixels. */
  readonly sha256: string;
  /** How the picture came about; only for a DICOM file. */
  readonly dicom?: DicomProvenance | undefined;
}

/** A decoded radiograph with what is known of its file. */
export interface Radiograph {
  readonly image: GreyImage;
  readonly input: ReportInput;
  /** What decoding found; the pixels are looked at again for every network. */
  readonly doubts: readonly Doubt[];
}

/** What a radiograph may be given as, beside the files of a runtime. */
export type RadiographSource<Source> = Source | GreyImage | Radiograph;

/** How one runtime reads the files of radiographs. */
export interface RadiographFiles<Source> {
  readonly readImageBytes: (source: Source) => Promise<Uint8Array>;
  readonly decodeRadiograph: (bytes: Uint8Array, options: IdentifierOptions) => Promise<DecodedRadiograph>;
  /** The name of the file without its folder; null where there is none. */
  readonly fileName: (source: Source) => string | null;
}

/** What is told of the file beside its picture. */
export interface IdentifierOptions {
  /**
   * Adds the UIDs of a DICOM file to `input.dicom`; they identify a patient to whoever has the archive. Nothing else of its texts is ever told.
   * @defaultValue false
   */
  readonly identifiers?: boolean | undefined;
}

/** How a radiograph is read. */
export interface LoadRadiographOptions extends AbortOptions, IdentifierOptions {
  /** What results call the film. @defaultValue the name of the file without its folder */
  readonly name?: string | undefined;
}

const has = (source: unknown, field: string) =>
  typeof source === 'object' && source !== null && field in source;

/** @internal */
export function isRadiograph(source: unknown): source is Radiograph {
  return has(source, 'image') && has(source, 'input');
}

/** @internal */
export function isPixels(source: unknown): source is GreyImage {
  return has(source, 'data');
}

/** The name of a `File`; null for a blob or bytes. */
export function blobName(source: unknown): string | null {
  return source instanceof Blob && 'name' in source && typeof source.name === 'string' ? source.name : null;
}

/** Pixels without a file. @throws {ImageError} where they are no grey picture */
export async function radiographOfPixels(image: GreyImage): Promise<Radiograph> {
  assertGreyImage(image, 'pipeline.loadRadiograph');
  const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  return {
    image,
    doubts: [],
    input: { file: null, width: image.width, height: image.height, sha256: await computeSha256(bytes) },
  };
}

/** A radiograph of whatever it is given as. @throws {ImageError} where it cannot be read, or the pixels are no grey picture */
export async function readRadiograph<Source>(
  source: RadiographSource<Source>,
  files: RadiographFiles<Source>,
  { name, signal, identifiers }: LoadRadiographOptions,
): Promise<Radiograph> {
  if (isRadiograph(source)) return source;
  if (isPixels(source)) return radiographOfPixels(source);
  signal?.throwIfAborted();
  const bytes = await files.readImageBytes(source);
  const { image, doubts, dicom } = await files.decodeRadiograph(bytes, { identifiers });
  const { width, height } = image;
  const file = name ?? files.fileName(source);
  const input = { file, width, height, sha256: await computeSha256(bytes), ...(dicom && { dicom }) };
  return { image, doubts, input };
}
