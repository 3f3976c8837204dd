/** Steps along an axis, and how many elements apart they lie. */
interface Run {
  readonly size: number;
  readonly step: number;
}

/** How the elements of a bound weight are seen through transpositions and reshapes: the runs of each axis, the slowest first. */
export type WeightView = readonly (readonly Run[])[];

/** A weight as it is. */
export function plainView(shape: readonly number[]): WeightView {
  let step = 1;
  const axes = shape.toReversed().map((size) => {
    const run = { size, step };
    step *= size;
    return [run];
  });
  return axes.toReversed();
}

/** With axes in another order. */
export function transposeView(view: WeightView, perm: readonly number[]): WeightView {
  return perm.map((axis) => view[axis]!);
}

/** Takes `size` elements from the front of the runs; undefined where they do not divide there. */
function takeRuns(runs: Run[], size: number): Run[] | undefined {
  const taken: Run[] = [];
  for (let left = size; left > 1;) {
    const run = runs.shift();
    if (!run) return undefined;
    const count = Math.min(run.size, left);
    if (left % count !== 0 || run.size % count !== 0) return undefined;
    const rest = run.size / count;
    if (rest > 1) runs.unshift({ size: rest, step: run.step });
    taken.push({ size: count, step: run.step * rest });
    left /= count;
  }
  return taken;
}

/** Joins runs that continue each other. */
function joinRuns(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && last.step === run.step * run.size)
      joined[joined.length - 1] = { size: last.size * run.size, step: run.step };
    else joined.push(run);
  }
  return joined;
}

/** With the same elements, in the same order, in axes of other sizes; undefined where an axis would begin within a run. */
export function reshapeView(view: WeightView, shape: readonly number[]): WeightView | undefined {
  const runs = view.flat().filter(({ size }) => size > 1);
  const axes: Run[][] = [];
  for (const size of shape) {
    const taken = takeRuns(runs, size);
    if (!taken) return undefined;
    axes.push(joinRuns(taken));
  }
  return axes;
}

/** A matrix `[rows, groups * columns]`: how far apart its rows lie, the columns of a group, and its groups of columns. */
export interface MatrixLayout {
  readonly rows: number;
  readonly rowStep: number;
  readonly groups: number;
  readonly groupStep: number;
  readonly columns: number;
  readonly columnStep: number;
}

/** A view of two axes as a matrix, or as the transposed one; undefined for what is laid out in more steps. */
export function matrixLayout(view: WeightView, isTransposed: boolean): MatrixLayout | undefined {
  const [rowRuns, columnRuns] = (isTransposed ? view.toReversed() : view) as [readonly Run[], readonly Run[]];
  if (view.length !== 2 || rowRuns.length > 1 || columnRuns.length > 2) return undefined;
  const one = { size: 1, step: 0 };
  const [row = one] = rowRuns;
  const [group, column] = columnRuns.length === 2 ? columnRuns : [one, columnRuns[0] ?? one];
  return {
    ...{ rows: row.size, rowStep: row.step },
    ...{ groups: group!.size, groupStep: group!.step },
    ...{ columns: column!.size, columnStep: column!.step },
  };
}
