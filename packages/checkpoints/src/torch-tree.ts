import type { Checkpoint, CheckpointValue, Container, TensorEntry } from './checkpoint.js';
import { PickleRecord, type PickleDict, type PickleValue } from './pickle-values.js';
import { refuseTorch, torchEntry, TorchTensor, type ReadStorage } from './torch-tensors.js';

const MAX_DEPTH = 64;

interface Pending {
  readonly path: string;
  readonly value: PickleValue;
  readonly depth: number;
}

/** Configuration objects of omegaconf keep their items in `_content` and their leaves in `_val`. */
function unwrap(value: PickleValue): PickleValue | undefined {
  if (!(value instanceof PickleRecord)) return value;
  if (!value.type.module.startsWith('omegaconf.')) return value.items.size > 0 ? value.items : undefined;
  if (!(value.state instanceof Map)) return undefined;
  return value.state.get('_content') ?? value.state.get('_val');
}

function childrenOf(value: PickleDict | PickleValue[], { path, depth }: Pending): Pending[] {
  const pairs =
    value instanceof Map ? [...value] : value.map((item, index): [PickleValue, PickleValue] => [index, item]);
  return pairs.map(([key, item]) => {
    if (typeof key === 'object' && key !== null)
      throw refuseTorch(`expected plain keys in "${path}", got an object`);
    return { path: path === '' ? String(key) : `${path}/${String(key)}`, value: item, depth: depth + 1 };
  });
}

function isContainer(value: PickleValue): value is PickleDict | PickleValue[] {
  return value instanceof Map || Array.isArray(value);
}

/** Every leaf with its path, in the order of the file. Bounded: a structure that repeats itself is refused, not expanded. */
function* leaves(root: PickleValue, budget: number): Generator<Pending> {
  const pending: Pending[] = [{ path: '', value: root, depth: 0 }];
  let visited = 0;
  while (pending.length > 0) {
    const next = pending.pop()!;
    const value = unwrap(next.value);
    if (value === undefined) continue;
    if (!isContainer(value)) {
      yield { ...next, value };
      continue;
    }
    visited += value instanceof Map ? value.size : value.length;
    if (visited > budget) throw refuseTorch('expected a finite structure, got one that repeats itself');
    if (next.depth >= MAX_DEPTH) throw refuseTorch(`expected at most ${MAX_DEPTH} levels of nesting`);
    pending.push(...childrenOf(value, next).reverse());
  }
}

function asPlainValue(value: PickleValue): CheckpointValue | undefined {
  return typeof value === 'object' && value !== null ? undefined : value;
}

/** The tensors and plain values of an unpickled object. `steps` is the number of pickle operations that made it. */
export function toCheckpoint(
  container: Container,
  root: PickleValue,
  steps: number,
  readStorage: ReadStorage,
): Checkpoint {
  const entries = new Map<string, TensorEntry>();
  const values = new Map<string, CheckpointValue>();
  const firstNames = new Map<string, string>();
  for (const { path, value } of leaves(root, 4 * steps + 1000)) {
    if (!(value instanceof TorchTensor)) {
      const plain = asPlainValue(value);
      if (plain !== undefined) values.set(path, plain);
      continue;
    }
    if (entries.has(path)) throw refuseTorch(`expected one tensor named "${path}", got two`);
    const aliasOf = firstNames.get(value.identity);
    if (aliasOf === undefined) firstNames.set(value.identity, path);
    entries.set(path, torchEntry(path, value, aliasOf, readStorage));
  }
  return { container, entries, values };
}
