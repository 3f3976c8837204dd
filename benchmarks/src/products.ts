import { createOnnxBackend } from '@crrg/backend-onnx';
import { createRandom } from '@crrg/core';
import {
  float32,
  parameter,
  runToHost,
  trace,
  type CompileOptions,
  type Executable,
  type HostTensor,
} from '@crrg/tensor';
import { comparison, describeEngine, interleave, median, timed, type Benchmark } from './framework.js';
import { bestLimits, leastMs } from './limits.js';
import { openNamedTorchPeer, type Peer } from './peer.js';

const [INNER, COLUMNS] = [1024, 4096];
/** So many matrices that none is in a cache when its turn comes again. */
const COPIES = 16;
const ROWS = [1, 4, 10, 16, 29, 40, 64];

/** How a bound matrix is kept and multiplied. */
const WAYS: Readonly<Record<string, CompileOptions>> = {
  fp32: {},
  'fp32/few-rows': { fewRows: true },
  q8: { weightDType: 'q8' },
  'q4-blocks': { weightDType: 'q4-blocks' },
};

const specs = Object.fromEntries(
  Array.from({ length: COPIES }, (_, at) => [
    `w${at}`,
    parameter([INNER, COLUMNS], { kind: 'constant', value: 0 }),
  ]),
);

/** `x [R, K]` times each matrix `[K, N]`; of each product the sum, so that hardly anything comes back. */
const graph = trace(
  { inputs: { x: { shape: ['R', INNER] } }, parameters: specs },
  (ops, { inputs, parameters }) =>
    Object.fromEntries(
      Object.keys(specs).map((name) => [
        name,
        ops.sum(ops.matmul(inputs['x']!, parameters.get(name)), { axes: [0, 1] }),
      ]),
    ),
);

const random = createRandom(7);
const numbers = (length: number) => Float32Array.from({ length }, () => random.uniform(-1, 1));

/** Milliseconds of a product of `rows` with one of the matrices, as a peer in PyTorch computes it. */
const inTorch = (peer: Peer, rows: number) => async () =>
  (await peer.ask<{ ms: number }>({ do: 'multiply', rows })).ms;

/** The same of ours. */
const onOurs = (executable: Executable, x: HostTensor) => async () =>
  (await timed(() => runToHost(executable, { x }))) / COPIES;

/** Of a product in float32. */
const workOf = (rows: number) => ({ operations: 2 * rows * INNER * COLUMNS, bytes: 4 * INNER * COLUMNS });

/** Milliseconds of a product of few rows with a matrix that no cache holds, by rows and by how the matrix is kept. */
export const productsBenchmark: Benchmark = {
  name: 'products',
  async run(context) {
    const sizes = [COPIES, INNER, COLUMNS].map(String);
    const isAlone = context.options['peer'] === 'none';
    const peer = isAlone ? undefined : await openNamedTorchPeer('products.py', sizes);
    const backend = await createOnnxBackend();
    const limits = await bestLimits(undefined);
    context.note(`engine ${describeEngine(backend)}; matrices [${INNER}, ${COLUMNS}]`);
    const matrix = () => float32([INNER, COLUMNS], numbers(INNER * COLUMNS));
    const weights = new Map(Object.keys(specs).map((name) => [name, matrix()]));
    const ways: [string, Executable][] = [];
    for (const [way, options] of Object.entries(WAYS))
      ways.push([way, await backend.compile(graph, { ...options, weights })]);
    for (const rows of ROWS) {
      const x = float32([rows, INNER], numbers(rows * INNER));
      const contenders = ways.map(([, executable]) => onOurs(executable, x));
      if (peer) contenders.push(inTorch(peer.process, rows));
      const times = await interleave(contenders, { warmup: 1, rounds: 3, goes: 5 });
      const theirs = peer && { name: peer.name, value: median(times.at(-1)!) };
      ways.forEach(([way], at) => {
        const limit = way.startsWith('fp32') ? leastMs(workOf(rows), limits) : undefined;
        context.report(comparison(`products/${rows} rows/${way}`, 'ms', median(times[at]!), theirs, limit));
      });
    }
    peer?.process.close();
    backend.dispose();
  },
};
