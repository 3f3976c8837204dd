import { float32, gradients, runToHost, trace } from '@crrg/tensor';

/** `y = relu(x w)`, and the gradient of `sum(y * y)` with respect to `w`, for any number of rows. */
const graph = trace(
  {
    inputs: { x: { shape: ['rows', 2] } },
    parameters: { w: { shape: [2, 2], init: { kind: 'constant', value: 0 }, trainable: true } },
  },
  (ops, { inputs, parameters }) => {
    const w = parameters.get('w');
    const y = ops.relu(ops.matmul(inputs.x, w));
    const [dw] = gradients(ops, ops.sum(ops.square(y)), [w]);
    return { y, dw };
  },
);

const weights = new Map([['w', float32([2, 2], [1, -1, 2, 0.5])]]);

/** Numbers worked out by hand: x w = [[5, 0], [-1, -3]]; dw = 2 x' y. */
const expected = { y: [5, 0, 0, 0], dw: [10, 0, 20, 0] };

/** Runs the graph and gives what disagrees, as text; '' where nothing does. */
export async function findDisagreement(backend) {
  const executable = await backend.compile(graph, { weights });
  const outputs = await runToHost(executable, { x: float32([2, 2], [1, 2, 1, -1]) });
  executable.dispose();
  if (backend.liveTensors() !== 0) return `${backend.liveTensors()} values left behind`;
  const wrong = Object.entries(expected).filter(([name, values]) =>
    values.some((value, index) => Math.abs(outputs[name].data[index] - value) > 1e-5),
  );
  return wrong
    .map(
      ([name, values]) => `${name}: expected ${values.join(' ')}, got ${[...outputs[name].data].join(' ')}`,
    )
    .join('; ');
}
