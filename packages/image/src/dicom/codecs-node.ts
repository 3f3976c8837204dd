import { BackendError } from '@crrg/core';
import { createCodecs, type CreateCodecModule } from './codecs.js';

/** The codecs from their packages, each loaded when the first film needs it. */
export const nodeCodecs = createCodecs({
  'jpeg-ls': () => fromPackage(import('@cornerstonejs/codec-charls/decodewasmjs'), 'codec-charls'),
  'jpeg-2000': () => fromPackage(import('@cornerstonejs/codec-openjpeg/decodewasmjs'), 'codec-openjpeg'),
  htj2k: () => fromPackage(import('@cornerstonejs/codec-openjph/wasmjs'), 'codec-openjph'),
});

async function fromPackage(
  loading: Promise<{ readonly default: CreateCodecModule }>,
  name: string,
): Promise<CreateCodecModule> {
  try {
    return (await loading).default;
  } catch (cause) {
    throw new BackendError(
      `image.decodeDicom: expected the package @cornerstonejs/${name} to decode this DICOM file, got none; run \`npm install @cornerstonejs/${name}\`.`,
      { cause },
    );
  }
}
