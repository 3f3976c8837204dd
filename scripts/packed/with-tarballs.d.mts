export function withTarballs(
  manifest: Record<string, unknown>,
  tarballs: ReadonlyMap<string, string>,
): Record<string, unknown>;
