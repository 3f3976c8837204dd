/** Limits of decoding. */
export interface DecodeOptions {
  /**
   * Refuses pictures with more pixels, before any of them is decoded.
   * @defaultValue 100 million
   */
  readonly maxPixels?: number | undefined;
}
