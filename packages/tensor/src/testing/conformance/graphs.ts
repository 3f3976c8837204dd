import { expect, it } from 'vitest';
import { runToHost, type Backend } from '../../backend.js';
import type { Graph, Node, Tensor } from '../../graph.js';
import { float32 } from '../../host-tensor.js';
import { parameter } from '../../parameters.js';
import { trace } from '../../trace.js';
import { echo, one } from './small-graphs.js';

/** Names that every object has without being given them. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

/** Inputs and outputs may bear any name, also one that objects inherit: it is neither there unasked nor lost. */
async function checkInheritedNames(backend: Backend): Promise<void> {
  const executable = await backend.compile(
    echo(Object.fromEntries(INHERITED.map((name) => [name, { shape: [1] }]))),
  );
  const given = INHERITED.map((name, at) => [name, one(at)] as const);
  const results = await runToHost(executable, Object.fromEntries(given));
  expect(Object.keys(results).sort()).toEqual([...INHERITED].sort());
  for (const [name, { data }] of given)
    expect([...Object.getOwnPropertyDescriptor(results, name)!.value.data]).toEqual([...data]);
  for (const name of INHERITED) {
    const others = Object.fromEntries(given.filter(([other]) => other !== name));
    await expect(executable.run(others)).rejects.toThrow(`missing "${name}"`);
  }
  executable.dispose();
  const plain = await backend.compile(echo({ x: { shape: [1] } }));
  for (const name of INHERITED) {
    const more = Object.fromEntries([['x', one()] as const, [name, one()] as const]);
    await expect(plain.run(more)).rejects.toMatchObject({ code: 'SHAPE' });
    await expect(plain.run(more)).rejects.toThrow(`unknown "${name}"`);
  }
  plain.dispose();
}

/** A graph with an operation that no version knows, for nobody's use, and a parameter that it alone takes. */
function graphWithDeadNodes(): { readonly graph: Graph; readonly dead: Tensor } {
  const graph = trace(
    { inputs: { x: { shape: [2] } }, parameters: { w: parameter([2], { kind: 'constant', value: 0 }) } },
    (ops, { inputs, parameters }) => ({ y: ops.neg(inputs['x']!), unused: ops.exp(parameters.get('w')) }),
  );
  const { y, unused } = graph.outputs as { y: Tensor; unused: Tensor };
  const dead: Tensor = { id: 1 + Math.max(y.id, unused.id), shape: [2], dtype: 'float32' };
  const unheardOf = { op: 'unheardOf', inputs: [unused], attributes: {}, output: dead } as unknown as Node;
  return { graph: { ...graph, nodes: [...graph.nodes, unheardOf], outputs: { y } }, dead };
}

async function checkDeadNodes(backend: Backend): Promise<void> {
  const { graph } = graphWithDeadNodes();
  const executable = await backend.compile(graph);
  const { y } = await runToHost(executable, { x: float32([2], [1, -2]) });
  expect(y).toEqual(float32([2], [-1, 2]));
  executable.dispose();
}

async function checkUnknownOperation(backend: Backend): Promise<void> {
  const { graph, dead } = graphWithDeadNodes();
  const before = backend.liveTensors();
  const refused = () => backend.compile({ ...graph, outputs: { ...graph.outputs, dead } });
  await expect(refused()).rejects.toMatchObject({ code: 'BACKEND' });
  await expect(refused()).rejects.toThrow('"unheardOf"');
  expect(backend.liveTensors()).toBe(before);
}

async function checkUnusedInputs(backend: Backend): Promise<void> {
  const graph = trace({ inputs: { x: { shape: [1] }, spare: { shape: ['n'] } } }, (ops, { inputs }) => ({
    y: ops.neg(inputs['x']!),
  }));
  const executable = await backend.compile(graph);
  await expect(executable.run({ x: one() })).rejects.toThrow('missing "spare"');
  const { y } = await runToHost(executable, { x: one(), spare: float32([3], [1, 2, 3]) });
  expect([...y!.data]).toEqual([-1]);
  executable.dispose();
}

/** What graphs may hold. */
export function testGraphs(backend: () => Backend): void {
  it('takes and gives values by any name, also one that objects inherit', () =>
    checkInheritedNames(backend()));
  it('leaves out nodes and parameters that no output needs', () => checkDeadNodes(backend()));
  it('refuses an operation that it does not know, by name', () => checkUnknownOperation(backend()));
  it('asks for inputs that nothing uses: they are part of what the graph is called with', () =>
    checkUnusedInputs(backend()));
}
