import { expect, it } from 'vitest';
import { runToHost, type Backend } from '../../backend.js';
import { trace } from '../../trace.js';
import { testGraphs } from './graphs.js';
import { testInputs } from './inputs.js';
import { testLifecycle } from './lifecycle.js';
import type { ConformanceRule } from './rule.js';
import { CONFORMANCE_RULES } from './rules.js';

const graphOf = ({ signature, build }: ConformanceRule) =>
  trace({ inputs: signature }, (ops, scope) => build(ops, scope.inputs));

/** What a backend cannot do it refuses; it never gives other numbers. */
async function checkRefusal(backend: Backend, rule: ConformanceRule) {
  const executable = await backend.compile(graphOf(rule));
  await expect(runToHost(executable, rule.inputs)).rejects.toMatchObject({ code: 'BACKEND' });
  executable.dispose();
}

async function checkRule(backend: Backend, rule: ConformanceRule) {
  const { inputs, expected } = rule;
  const executable = await backend.compile(graphOf(rule));
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
export function testContract(
  backend: () => Backend,
  createBackend: () => Promise<Backend> | Backend,
  lacks: readonly string[],
): void {
  const names = CONFORMANCE_RULES.map(({ name }) => name);
  const unknown = lacks.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no rule is named ${unknown.join(', ')}`);
  for (const rule of CONFORMANCE_RULES) {
    if (lacks.includes(rule.name)) it(`refuses: ${rule.name}`, () => checkRefusal(backend(), rule));
    else it(rule.name, () => checkRule(backend(), rule));
  }
  testInputs(backend);
  testGraphs(backend);
  testLifecycle(backend, createBackend);
}
