export const ROOT: string;
export function execute(
  command: string,
  args: readonly string[],
  options?: { cwd?: string; env?: Record<string, string> },
): Promise<{ code: number; out: string; err: string }>;
