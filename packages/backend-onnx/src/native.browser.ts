import type { Native } from './native-half.js';

/** Browsers have neither the native runtime nor files. */
export const native: Native | undefined = undefined;
