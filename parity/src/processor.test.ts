import { describe, expect, it } from 'vitest';
import { chooseOpenBlasKernels, nameInstructionSet, parseCpuFlags, type Processor } from './processor.js';

const processor = (flags: string, architecture = 'x64'): Processor => ({
  name: 'some processor',
  architecture,
  flags: new Set(flags.split(' ').filter(Boolean)),
});

const AVX512 = 'avx avx2 avx512f avx512cd avx512bw avx512dq avx512vl';

describe('the processor of a benchmark', () => {
  it('makes OpenBLAS take AVX-512 kernels only where every one of their instructions is there', () => {
    expect(chooseOpenBlasKernels(processor(`sse4_1 ${AVX512}`))).toBe('SkylakeX');
    expect(chooseOpenBlasKernels(processor('sse4_1 avx avx2 fma'))).toBeUndefined();
    // A Xeon Phi has AVX-512, but not these parts of it.
    expect(chooseOpenBlasKernels(processor('avx2 avx512f avx512cd avx512er avx512pf'))).toBeUndefined();
    expect(chooseOpenBlasKernels(processor(''))).toBeUndefined();
  });

  it('is named by the best instruction set that products of bytes have on it', () => {
    const named = (flags: string, architecture?: string) =>
      nameInstructionSet(processor(flags, architecture));
    expect(named(`sse4_1 ${AVX512} avx512_vnni`)).toBe('AVX-512 with VNNI');
    expect(named(`sse4_1 ${AVX512} avx512_vnni amx_int8`)).toBe('AVX-512 with VNNI and AMX');
    expect(named(`sse4_1 ${AVX512}`)).toBe('AVX-512 without VNNI');
    expect(named('sse4_1 avx avx2 avx_vnni')).toBe('AVX2 with VNNI');
    expect(named('sse4_1 avx avx2')).toBe('AVX2');
    expect(named('sse2 sse4_1')).toBe('SSE4.1');
    expect(named('fp asimd asimddp', 'arm64')).toBe('NEON with dot products');
    expect(named('fp asimd asimddp i8mm sme', 'arm64')).toBe('NEON with SME');
    expect(named('', 'x64')).toBe('instruction set unknown');
    expect(named('rv64gc', 'riscv64')).toBe('baseline riscv64');
  });

  it('is read from the first processor of Linux, x86 or ARM', () => {
    expect(parseCpuFlags('processor\t: 0\nflags\t\t: fpu avx2\nbugs\t:\n\nflags\t: sse\n')).toEqual(
      new Set(['fpu', 'avx2']),
    );
    expect(parseCpuFlags('Features\t: fp asimd\n')).toEqual(new Set(['fp', 'asimd']));
    expect(parseCpuFlags('')).toEqual(new Set());
  });
});
