import { BackendError } from '@crrg/core';
import { createCodecs } from './codecs.js';

/** The codecs from their packages, each loaded when the first film needs it. Bundlers forgive a missing package where its import is in a `try`. */
export const nodeCodecs = createCodecs({
  async 'jpeg-ls'() {
    try {
      return (await import('@cornerstonejs/codec-charls/decodewasmjs')).default;
    } catch (cause) {
      return refuseWithout('codec-charls', cause);
    }
  },
  async 'jpeg-2000'() {
    try {
      return (await import('@cornerstonejs/codec-openjpeg/decodewasmjs')).default;
    } catch (cause) {
      return refuseWithout('codec-openjpeg', cause);
    }
  },
  async htj2k() {
    try {
      return (await import('@cornerstonejs/codec-openjph/wasmjs')).default;
    } catch (cause) {
      return refuseWithout('codec-openjph', cause);
    }
  },
});

/** @throws {BackendError} always */
function refuseWithout(name: string, cause: unknown): never {
  throw new BackendError(
    `image.decodeDicom: expected the package @cornerstonejs/${name} to decode this DICOM file, got none; run \`npm install @cornerstonejs/${name}\`.`,
    { cause },
  );
}
