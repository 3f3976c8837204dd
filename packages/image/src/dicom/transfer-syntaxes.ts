import { ImageError } from '@crrg/core';

/** How the pixels of a transfer syntax are stored. */
export type PixelEncoding = 'native' | 'rle' | 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';

/** The encodings that need a codec of their own. */
export type CodecName = Exclude<PixelEncoding, 'native' | 'rle' | 'jpeg'>;

/** A transfer syntax that is decoded. */
export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly encoding: PixelEncoding;
  /** The most significant byte comes first. */
  readonly isBigEndian?: true;
  readonly isDeflated?: true;
  /** Elements do not state how their values are represented. */
  readonly isImplicit?: true;
}

const TRANSFER_SYNTAXES: readonly TransferSyntax[] = [
  { uid: '1.2.840.10008.1.2', name: 'Implicit VR Little Endian', encoding: 'native', isImplicit: true },
  { uid: '1.2.840.10008.1.2.1', name: 'Explicit VR Little Endian', encoding: 'native' },
  {
    uid: '1.2.840.10008.1.2.1.99',
    name: 'Deflated Explicit VR Little Endian',
    encoding: 'native',
    isDeflated: true,
  },
  {
    uid: '1.2.840.10008.1.2.2',
    name: 'Explicit VR Big Endian',
    encoding: 'native',
    isBigEndian: true,
  },
  { uid: '1.2.840.10008.1.2.4.50', name: 'JPEG Baseline (8 bits)', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.51', name: 'JPEG Extended (12 bits)', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.53', name: 'JPEG Spectral Selection (8 bits, retired)', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.55', name: 'JPEG Full Progression (12 bits, retired)', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.57', name: 'JPEG Lossless', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.70', name: 'JPEG Lossless, First-Order Prediction', encoding: 'jpeg' },
  { uid: '1.2.840.10008.1.2.4.80', name: 'JPEG-LS Lossless', encoding: 'jpeg-ls' },
  { uid: '1.2.840.10008.1.2.4.81', name: 'JPEG-LS Near-Lossless', encoding: 'jpeg-ls' },
  { uid: '1.2.840.10008.1.2.4.90', name: 'JPEG 2000 Lossless', encoding: 'jpeg-2000' },
  { uid: '1.2.840.10008.1.2.4.91', name: 'JPEG 2000', encoding: 'jpeg-2000' },
  { uid: '1.2.840.10008.1.2.4.201', name: 'High-Throughput JPEG 2000 Lossless', encoding: 'htj2k' },
  { uid: '1.2.840.10008.1.2.4.202', name: 'High-Throughput JPEG 2000 RPCL Lossless', encoding: 'htj2k' },
  { uid: '1.2.840.10008.1.2.4.203', name: 'High-Throughput JPEG 2000', encoding: 'htj2k' },
  { uid: '1.2.840.10008.1.2.5', name: 'RLE Lossless', encoding: 'rle' },
];

/**
 * The transfer syntax of a UID.
 *
 * Source: DICOM PS3.5, section 10 and annex A; PS3.6, annex A.
 * @throws {@link ImageError} where it is another one
 */
export function findTransferSyntax(uid: string): TransferSyntax {
  const found = TRANSFER_SYNTAXES.find((syntax) => syntax.uid === uid);
  if (found) return found;
  // Only what has the form of a standard UID is repeated, too short to tell anything else: a longer one could be text of the file.
  const name = /^1\.2\.840\.10008\.1\.2\.\d(\.\d{1,3})?$/.test(uid)
    ? `transfer syntax ${uid}`
    : 'an unknown transfer syntax';
  throw new ImageError(
    `image.decodeDicom: expected a DICOM file whose pixels are native, RLE, JPEG, JPEG-LS or JPEG 2000, got ${name}; save it as Explicit VR Little Endian (dcmtk: dcmconv +te, or dcmdjpeg).`,
    { details: { format: 'dicom' } },
  );
}
