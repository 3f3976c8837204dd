import { execFileSync } from 'node:child_process';

/** Who can tell which GPU and driver there are: the engine cannot. */
const WITNESSES: readonly (readonly [program: string, args: readonly string[], lines: RegExp])[] = [
  ['nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'], /\S/],
  ['vulkaninfo', ['--summary'], /^\s*(deviceName|driverName|driverInfo|apiVersion)\s*=/],
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Lines that name the GPUs and drivers of this machine, from whichever program is here. */
export function describeAdapters(env: Environment = process.env): string[] {
  const told = WITNESSES.flatMap(([program, args, lines]) => {
    try {
      const text = execFileSync(program, args, {
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 20_000,
      });
      return text
        .split('\n')
        .filter((line) => lines.test(line))
        .map((line) => `${program}: ${line.trim().replace(/\s+/g, ' ')}`);
    } catch {
      return [];
    }
  });
  return told.length > 0 ? told : ['no name: neither nvidia-smi nor vulkaninfo (vulkan-tools) is here'];
}

/** The driver that the environment names where it is one that computes on the processor. */
export function softwareDriver(env: Environment = process.env): string | undefined {
  const named = [env['VK_ICD_FILENAMES'], env['VK_DRIVER_FILES']].filter((files) => files !== undefined);
  return named.find((files) => /swiftshader|lvp_icd/i.test(files));
}
