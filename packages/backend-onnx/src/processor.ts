import { readFileSync } from 'node:fs';

/** What the processor can do, as the system names it; undefined where the system does not tell. */
export function processorFeatures(): string | undefined {
  try {
    return /^(?:flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

/**
 * True where a processor is known to have registers of 512 bits.
 * @param of its features. @defaultValue those of this one
 */
export const hasAvx512 = (of = processorFeatures() ?? ''): boolean => /\bavx512f\b/.test(of);
