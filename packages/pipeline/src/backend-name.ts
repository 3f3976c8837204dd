import { ConfigError, shortenName } from '@crrg/core';

/** @throws {ConfigError} where the name is none of `names` */
export function checkBackendName(name: string, names: readonly string[]): void {
  if (names.includes(name)) return;
  throw new ConfigError(
    `pipeline.loadBackend: expected one of ${names.join(', ')}, got ${JSON.stringify(shortenName(String(name)))}; choose one.`,
  );
}
