import { ShapeError } from '@crrg/core';
import type { BackendTensor, RunInput } from './backend.js';
import { formatShape, type DimBindings } from './dim.js';
import { bindDims, type GraphInput, type Tensor } from './graph.js';
import { arrayTypeOf, sizeOf, type HostTensor, type StateDict } from './host-tensor.js';

/** Wrong names that a message lists. */
const NAMED = 10;

function checkNames(
  expected: readonly GraphInput[],
  given: Readonly<Record<string, RunInput>>,
  where: string,
): void {
  const known = new Set(expected.map(({ name }) => name));
  const isGiven = (name: string) => Object.hasOwn(given, name) && given[name] !== undefined;
  const missing = [...known].filter((name) => !isGiven(name));
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  const problems = [
    ...missing.map((name) => `missing "${name}"`),
    ...unknown.map((name) => `unknown "${name}"`),
  ];
  if (problems.length === 0) return;
  const shown = problems.slice(0, NAMED).join(', ');
  const more = problems.length > NAMED ? ` and ${problems.length - NAMED} more` : '';
  throw new ShapeError(
    `${where}: expected the ${known.size} inputs of the graph, got ${shown}${more}; pass exactly these.`,
    { details: { missing, unknown } },
  );
}

/** Whether it is a tensor at all: whoever calls from JavaScript may give a list or nothing. */
function isTensor(value: unknown): value is RunInput {
  if (value === null || typeof value !== 'object') return false;
  const given = value as Partial<HostTensor & BackendTensor>;
  const hasNumbers = () =>
    given.file !== undefined || ArrayBuffer.isView(given.data) || given.read !== undefined;
  return typeof given.dtype === 'string' && Array.isArray(given.shape) && hasNumbers();
}

/** Numbers that stay in a file are not read for it: their number is known from the file. */
function checkData(what: string, tensor: HostTensor, where: string): void {
  if (tensor.file) return;
  const { dtype, shape, data } = tensor;
  if (data instanceof arrayTypeOf(dtype) && data.length === sizeOf(shape)) return;
  throw new ShapeError(
    `${where}: ${what} must hold ${sizeOf(shape)} elements of ${dtype} [${shape.join(', ')}] in a ${arrayTypeOf(dtype).name}, got ${data.length} in a ${data.constructor.name}; make it with hostTensor().`,
  );
}

function mismatch(what: string, { dtype, shape }: Tensor, given: unknown, where: string): ShapeError {
  const expected = `${where}: ${what} must be ${dtype} ${formatShape(shape)}`;
  return isTensor(given)
    ? new ShapeError(`${expected}, got ${given.dtype} [${given.shape.join(', ')}]; convert it.`)
    : new ShapeError(`${expected}, got what is no tensor; make it with hostTensor().`);
}

/**
 * Checks what a run is given, all of it before anything is computed: exactly the inputs of the graph that are not bound, each of its type
 * and shape, one size for each symbol.
 * @param expected as {@link bindWeights} gives them
 * @param where start of the message, such as `backend-onnx.run (classifier)`
 * @returns the sizes of the symbols
 * @throws {ShapeError} lists every missing and unknown name, else names the first input that does not fit
 */
export function checkInputs(
  expected: readonly GraphInput[],
  given: Readonly<Record<string, RunInput>>,
  where: string,
): DimBindings {
  checkNames(expected, given, where);
  for (const { name, tensor } of expected) {
    const input = given[name]!;
    if (!isTensor(input) || input.dtype !== tensor.dtype)
      throw mismatch(`input "${name}"`, tensor, input, where);
    if ('data' in input) checkData(`input "${name}"`, input, where);
  }
  return bindDims(expected, new Map(expected.map(({ name }) => [name, given[name]!.shape])), where);
}

function checkWeight({ name, tensor }: GraphInput, weight: HostTensor, where: string): void {
  const fits =
    isTensor(weight) &&
    weight.dtype === tensor.dtype &&
    weight.shape.length === tensor.shape.length &&
    tensor.shape.every((dim, axis) => dim === weight.shape[axis]);
  if (!fits) throw mismatch(`weight "${name}"`, tensor, weight, where);
  checkData(`weight "${name}"`, weight, where);
}

/** The inputs of a graph once it is compiled. */
export interface BoundInputs {
  /** Parameters that have their value. */
  readonly bound: readonly { readonly input: GraphInput; readonly weight: HostTensor }[];
  /** What every run is given. */
  readonly open: readonly GraphInput[];
}

/**
 * Gives parameters of a graph their weights. Weights of other names are left out: one state dictionary serves several graphs.
 * @throws {ShapeError} where a weight has another type or shape
 */
export function bindWeights(
  inputs: readonly GraphInput[],
  weights: StateDict | undefined,
  where: string,
): BoundInputs {
  const weightOf = ({ kind, name }: GraphInput) => (kind === 'parameter' ? weights?.get(name) : undefined);
  const bound = inputs.flatMap((input) => {
    const weight = weightOf(input);
    if (weight) checkWeight(input, weight, where);
    return weight ? [{ input, weight }] : [];
  });
  return { bound, open: inputs.filter((input) => !weightOf(input)) };
}
