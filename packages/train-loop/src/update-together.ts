import { sizeOf, type Ops, type Tensor } from '@crrg/tensor';
import { settingsKey } from './parameter-groups.js';
import type { Optimizer, ParameterUpdate, UpdatedParameter } from './optimizers.js';

/** Parameters of at most this many values are moved together: their update costs the calls, not the arithmetic. */
const SMALL = 4096;

/**
 * What `optimizer.update` gives for each parameter. Most rules work value by value, so small parameters with the same settings are laid end
 * to end and moved by one update; biases and norms would otherwise make up most of a training graph's nodes.
 */
export function updateTogether(
  ops: Ops,
  optimizer: Optimizer,
  updates: readonly ParameterUpdate[],
): UpdatedParameter[] {
  if (optimizer.wholeTensors) return updates.map((update) => optimizer.update(ops, update));
  const moved: UpdatedParameter[] = new Array(updates.length);
  for (const group of groupsOf(updates)) {
    const members = group.map((index) => updates[index]!);
    const results =
      members.length === 1 ? [optimizer.update(ops, members[0]!)] : updateJoined(ops, optimizer, members);
    group.forEach((index, position) => (moved[index] = results[position]!));
  }
  return moved;
}

/** Indices of updates that may go together. */
function groupsOf(updates: readonly ParameterUpdate[]): number[][] {
  const groups = new Map<string, number[]>();
  updates.forEach((update, index) => {
    const small = sizeOf(update.parameter.shape as readonly number[]) <= SMALL;
    const key = small ? settingsKey(update) : `alone/${index}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  return [...groups.values()];
}

function updateJoined(
  ops: Ops,
  optimizer: Optimizer,
  members: readonly ParameterUpdate[],
): UpdatedParameter[] {
  const shapes = members.map(({ parameter }) => parameter.shape as readonly number[]);
  const join = (tensors: readonly Tensor[]) =>
    ops.concat(
      tensors.map((x, index) => ops.reshape(x, [sizeOf(shapes[index]!)])),
      0,
    );
  const part = splitter(ops, shapes);
  const moved = optimizer.update(ops, {
    ...members[0]!,
    parameter: join(members.map((x) => x.parameter)),
    gradient: join(members.map((x) => x.gradient)),
    slots: mapValues(members[0]!.slots, (_, slot) => join(members.map((x) => x.slots[slot]!))),
  });
  return members.map((_, index) => ({
    parameter: part(moved.parameter, index),
    slots: mapValues(moved.slots, (value) => part(value, index)),
  }));
}

/** Cuts a joined tensor back into the shapes that it was made from. */
function splitter(
  ops: Ops,
  shapes: readonly (readonly number[])[],
): (joined: Tensor, index: number) => Tensor {
  const ends: number[] = [];
  for (const shape of shapes) ends.push((ends.at(-1) ?? 0) + sizeOf(shape));
  return (joined, index) =>
    ops.reshape(
      ops.slice(joined, { axes: [0], starts: [ends[index - 1] ?? 0], ends: [ends[index]!] }),
      shapes[index]!,
    );
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
