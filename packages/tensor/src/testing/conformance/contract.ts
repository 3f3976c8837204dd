import { expect, it } from 'vitest';
import { runToHost, type Backend } from '../../backend.js';
import { trace } from '../../trace.js';
import { testGraphs } from './graphs.js';
import { testInputs } from './inputs.js';
import { testLifecycle } from './lifecycle.js';
import type { ConformanceRule } from './rule.js';
import { CONFORMANCE_RULES } from './rules.js';

async function checkRule(backend: Backend, { signature, inputs, build, expected }: ConformanceRule) {
  const executable = await backend.compile(
    trace({ inputs: signature }, (ops, scope) => build(ops, scope.inputs)),
  );
  const results = await runToHost(executable, inputs);
  executable.dispose();
  for (const [name, values] of Object.entries(expected)) {
    const got = [...results[name]!.data];
    expect(got.length, name).toBe(values.length);
    values.forEach((value, index) => {
      if (Number.isFinite(value)) expect(got[index], `${name}[${index}]`).toBeCloseTo(value, 6);
      else expect(got[index], `${name}[${index}]`).toBe(value);
    });
  }
}

/**
 * Declares the part of the conformance suite that is about rules, not about random numbers: ties, empty masks, what is refused, what is
 * copied and what is released.
 */
export function testContract(backend: () => Backend, createBackend: () => Promise<Backend> | Backend): void {
  for (const rule of CONFORMANCE_RULES) it(rule.name, () => checkRule(backend(), rule));
  testInputs(backend);
  testGraphs(backend);
  testLifecycle(backend, createBackend);
}
