import type { Native } from './engine.js';

/** Browsers have neither the native runtime nor files. */
export const native: Native | undefined = undefined;
