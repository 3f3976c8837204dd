import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';

/** A processor, as figures name it. */
export interface Processor {
  readonly name: string;
  /** As `process.arch`. */
  readonly architecture: string;
  /** Features in the words of Linux's `/proc/cpuinfo`; empty where the system does not tell. */
  readonly flags: ReadonlySet<string>;
}

/** Instruction sets that matrix products are written for, best first: what a processor must have, and its name. */
const INSTRUCTION_SETS: readonly (readonly [architecture: string, flag: string, name: string])[] = [
  ['x64', 'avx512_vnni', 'AVX-512 with VNNI'],
  ['x64', 'avx512bw', 'AVX-512 without VNNI'],
  ['x64', 'avx_vnni', 'AVX2 with VNNI'],
  ['x64', 'avx2', 'AVX2'],
  ['x64', 'avx', 'AVX'],
  ['x64', 'sse4_1', 'SSE4.1'],
  ['arm64', 'sme', 'NEON with SME'],
  ['arm64', 'i8mm', 'NEON with i8mm'],
  ['arm64', 'asimddp', 'NEON with dot products'],
  ['arm64', 'asimd', 'NEON'],
];

/** The best instruction set for products of bytes and floats that a processor has. */
export function nameInstructionSet({ architecture, flags }: Processor): string {
  const found = INSTRUCTION_SETS.find(([of, flag]) => of === architecture && flags.has(flag));
  if (!found) return flags.size === 0 ? 'instruction set unknown' : `baseline ${architecture}`;
  return flags.has('amx_int8') ? `${found[2]} and AMX` : found[2];
}

/** What OpenBLAS's SkylakeX kernels execute. */
const SKYLAKEX = ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl'];

/** The kernels that OpenBLAS is told to take; undefined: it chooses. It does not know every virtual processor with AVX-512; without AVX-512 these kernels end the process. */
export function chooseOpenBlasKernels({ flags }: Processor): string | undefined {
  return SKYLAKEX.every((flag) => flags.has(flag)) ? 'SkylakeX' : undefined;
}

/** The flags of the first processor of a `/proc/cpuinfo`. */
export function parseCpuFlags(cpuinfo: string): Set<string> {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  return new Set(line.split(' ').filter(Boolean));
}

/** macOS's names of the features above. */
const MAC_FEATURES: Readonly<Record<string, string>> = {
  'hw.optional.avx2_0': 'avx2',
  'hw.optional.avx512f': 'avx512f',
  'hw.optional.avx512cd': 'avx512cd',
  'hw.optional.avx512bw': 'avx512bw',
  'hw.optional.avx512dq': 'avx512dq',
  'hw.optional.avx512vl': 'avx512vl',
  'hw.optional.AdvSIMD': 'asimd',
  'hw.optional.arm.FEAT_DotProd': 'asimddp',
  'hw.optional.arm.FEAT_I8MM': 'i8mm',
  'hw.optional.arm.FEAT_SME': 'sme',
};

function macFlags(): Set<string> {
  const listed = execFileSync('sysctl', ['hw.optional'], { encoding: 'utf8' });
  const present = listed.split('\n').filter((line) => line.endsWith(': 1'));
  return new Set(present.flatMap((line) => MAC_FEATURES[line.split(':')[0]!] ?? []));
}

function readFlags(): Set<string> {
  try {
    if (platform() === 'darwin') return macFlags();
    return parseCpuFlags(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return new Set();
  }
}

/** The processor that this process runs on. */
export function readProcessor(): Processor {
  return {
    name: cpus()[0]?.model.trim() || 'unknown processor',
    architecture: arch(),
    flags: readFlags(),
  };
}
