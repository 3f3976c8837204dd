/** Runs in the page: does what Node asks with a real engine, one request after the other. */
import { BackendError, CrrgError } from '@crrg/core';
import type { Backend, BackendTensor, Executable } from '@crrg/tensor';
import { describeDevice } from './device.js';
import type { HeldTensor, Outcome, PageEngine, Request } from './protocol.js';
import { decodeMessage, encodeMessage } from './wire.js';

const backends: Backend[] = [];
const executables: Executable[] = [];
const tensors: BackendTensor[] = [];

async function open(engine: PageEngine): Promise<Backend> {
  if (engine.startsWith('onnx')) {
    const { createOnnxBackend } = await import('@crrg/backend-onnx');
    const gpu = engine === 'onnx-webgpu';
    return createOnnxBackend({
      runtime: 'web',
      wasmPaths: '/onnxruntime-web/',
      ...(gpu && { executionProviders: ['webgpu', 'wasm'] }),
    });
  }
  const { createTfjsBackend } = await import('@crrg/backend-tfjs');
  return createTfjsBackend({ engine: engine.slice('tfjs-'.length) as 'webgl', wasmPaths: '/tfjs-wasm/' });
}

function hold(tensor: BackendTensor): HeldTensor {
  return { number: tensors.push(tensor) - 1, dtype: tensor.dtype, shape: [...tensor.shape] };
}

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'open': {
      const backend = await open(request.engine);
      const { name, versions } = backend;
      return {
        backend: backends.push(backend) - 1,
        name,
        versions,
        device: await describeDevice(request.engine),
      };
    }
    case 'compile': {
      const { graph, weights, name } = request;
      return executables.push(await backends[request.backend]!.compile(graph, { weights, name })) - 1;
    }
    case 'run': {
      const inputs = Object.entries(request.inputs).map(([name, input]) => [
        name,
        'held' in input ? tensors[input.held]! : input.host,
      ]);
      const outputs = await executables[request.executable]!.run(Object.fromEntries(inputs));
      return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, hold(tensor)]));
    }
    case 'read':
      return tensors[request.tensor]!.read();
    case 'dispose': {
      const found = { tensor: tensors, executable: executables, backend: backends }[request.what];
      found[request.number]!.dispose();
      return undefined;
    }
  }
}

function fieldsOf(error: unknown) {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  return { name, message, ...(CrrgError.isInstance(error) && { code: error.code }) };
}

async function outcomeOf(request: Request): Promise<Outcome> {
  const live = () => ('backend' in request ? backends[request.backend]!.liveTensors() : 0);
  try {
    return { result: await answer(request), live: live() };
  } catch (error) {
    return { error: fieldsOf(error), live: live() };
  }
}

/** Brings the answers of the last requests and takes the next ones away; the server keeps it waiting until there are some. */
async function exchange(outcomes: readonly Outcome[]): Promise<Request[]> {
  const response = await fetch('/exchange', { method: 'POST', body: encodeMessage(outcomes) });
  if (!response.ok) throw new BackendError(`the server answered ${response.status}`);
  return decodeMessage(new Uint8Array(await response.arrayBuffer())) as Request[];
}

let outcomes: Outcome[] = [];
for (;;) {
  const requests = await exchange(outcomes);
  outcomes = [];
  for (const request of requests) outcomes.push(await outcomeOf(request));
}
