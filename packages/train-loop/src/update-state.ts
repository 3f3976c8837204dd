import { canOverwrite, float32, sizeOf, type Executable, type Graph, type HostTensor } from '@crrg/tensor';
import { settingsKey } from './parameter-groups.js';
import { NEXT, tracePiece, traceUpdate, type StepPlan } from './step-graphs.js';
import { keyOf, type ValueTable } from './value-table.js';

/** Moves a state by the gradients that wait. */
export interface StateUpdate {
  /** @param scalars the optimizer's numbers, by the names of the graphs' inputs */
  run(values: ValueTable, scalars: Readonly<Record<string, HostTensor>>): Promise<void>;
  dispose(): void;
}

/** In numbers of values. */
interface Sizes {
  /** Parameters of more than this are moved by pieces. */
  readonly large: number;
  readonly piece: number;
}

/** What the update of a piece reads, writes and needs between stays in a processor's cache. */
const SIZES: Sizes = { large: 2 ** 22, piece: 2 ** 18 };

/** The outputs that may be written over the value that they replace. */
export function overwrittenBy(
  graph: Graph,
  isAsked: (output: string) => boolean = () => true,
): (output: string) => boolean {
  const found = new Set(
    graph.inputs.flatMap((input) => {
      const output = NEXT + keyOf(input);
      return isAsked(output) && canOverwrite(graph, { output, input: input.name }) ? [output] : [];
    }),
  );
  return (output) => found.has(output);
}

function movesTogether(executable: Executable): StateUpdate['run'] {
  const overwrites = overwrittenBy(executable.graph);
  return async (values, scalars) => {
    const places = values.placesFor(executable.graph, overwrites);
    values.take(await executable.run(values.inputsOf(executable, scalars), { into: places }), places);
  };
}

type Arrays = Readonly<Record<string, HostTensor>>;

/** Some values of each array, which lie in the memory of the whole. */
function cut(arrays: Arrays, start: number, end: number): Record<string, HostTensor> {
  const entries = Object.entries(arrays);
  return Object.fromEntries(
    entries.map(([name, { data }]) => [
      name,
      float32([end - start], (data as Float32Array).subarray(start, end)),
    ]),
  );
}

/** Moves one parameter with one graph again and again, so that nothing between is as large as the parameter. */
function movesByPieces(
  executable: Executable,
  {
    name,
    shape,
    piece,
  }: { readonly name: string; readonly shape: readonly number[]; readonly piece: number },
): StateUpdate['run'] {
  const { graph } = executable;
  const overwrites = overwrittenBy(graph);
  const keyOfOutput = (output: string) => `${output.slice(NEXT.length)}/${name}`;
  return async (values, scalars) => {
    const read = graph.inputs.filter((input) => !Object.hasOwn(scalars, input.name));
    const sources = read.map((input) => [input.name, values.get(`${input.name}/${name}`)]);
    const places = Object.entries(graph.outputs).map(
      ([output, { dtype }]) =>
        [output, values.placeOf(keyOfOutput(output), { dtype, shape }, overwrites(output))] as const,
    );
    const [from, into] = [Object.fromEntries(sources), Object.fromEntries(places)] as [Arrays, Arrays];
    const size = sizeOf(shape);
    for (let start = 0; start < size; start += piece) {
      const end = Math.min(start + piece, size);
      const moved = await executable.run(
        { ...cut(from, start, end), ...scalars },
        { into: cut(into, start, end) },
      );
      for (const tensor of Object.values(moved)) tensor.dispose();
    }
    for (const [output, place] of places) values.adopt(keyOfOutput(output), place);
  };
}

/**
 * Compiles the update of a state. Large parameters are moved by pieces where the backend writes to arrays that it is given and nothing looks at
 * them as a whole; the others by one graph.
 */
export async function createStateUpdate(plan: StepPlan, sizes: Sizes = SIZES): Promise<StateUpdate> {
  const { backend, optimizer, specs, signal } = plan;
  const isSplit = backend.reusesMemory && !optimizer.wholeTensors && plan.maxGradientNorm === undefined;
  const isLarge = (name: string) => isSplit && sizeOf(specs[name]!.shape) > sizes.large;
  const compiled: Executable[] = [];
  const compile = async (graph: Graph, name: string) => {
    const executable = await backend.compile(graph, { name, signal });
    compiled.push(executable);
    return executable;
  };
  const dispose = () => {
    for (const executable of compiled) executable.dispose();
  };
  const moves: StateUpdate['run'][] = [];
  const pieces = new Map<string, Executable>();
  try {
    const together = new Map([...plan.trainable].filter(([name]) => !isLarge(name)));
    if (together.size > 0)
      moves.push(movesTogether(await compile(traceUpdate({ ...plan, trainable: together }), 'train-update')));
    for (const [name, settings] of plan.trainable) {
      if (!isLarge(name)) continue;
      const key = settingsKey(settings);
      const executable =
        pieces.get(key) ?? (await compile(tracePiece(optimizer, settings), 'train-update-piece'));
      pieces.set(key, executable);
      moves.push(movesByPieces(executable, { name, shape: specs[name]!.shape, piece: sizes.piece }));
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    async run(values, scalars) {
      for (const move of moves) await move(values, scalars);
    },
    dispose,
  };
}
