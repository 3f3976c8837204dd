import type { NodeOf } from '@crrg/tensor';
import type { LoweringContext, TargetLowerings } from './context.js';
import { layout } from './layout.js';

/** A slice of one axis without steps, from a number to a number. */
interface Piece {
  readonly node: NodeOf<'slice'>;
  readonly start: number;
  readonly end: number;
}

function pieceOf(node: NodeOf<'slice'>, axis: number): Piece | undefined {
  const { axes, starts, ends, steps } = node.attributes;
  const [start, end] = [starts[0], ends[0]];
  if (axes.length !== 1 || axes[0] !== axis || steps[0] !== 1) return undefined;
  return typeof start === 'number' && typeof end === 'number' ? { node, start, end } : undefined;
}

/** What one `Split` may give: WebGPU promises a program 8 storage buffers, of which its input takes one, and the provider refuses more. */
const MOST_PIECES = 7;

/** All slices of a tensor, where they are the pieces of one axis, each element in one of them; in their order. */
function piecesOf(
  { users }: LoweringContext,
  { inputs, attributes }: NodeOf<'slice'>,
): readonly Piece[] | undefined {
  const [x] = inputs;
  const axis = attributes.axes[0]!;
  const slices = users(x!).filter((node) => node.op === 'slice');
  const pieces = slices.flatMap((node) => pieceOf(node, axis) ?? []).sort((a, b) => a.start - b.start);
  const isWhole =
    pieces.length === slices.length &&
    pieces.every(({ start, end }, index) => start === (pieces[index - 1]?.end ?? 0) && end > start) &&
    pieces.at(-1)?.end === x!.shape[axis];
  return isWhole && pieces.length > 1 && pieces.length <= MOST_PIECES ? pieces : undefined;
}

/** Slices that cut a tensor into pieces are one operator, which is one program on a GPU. */
export const splitLowerings = {
  slice(context, node) {
    const { builder, value, byTheWay } = context;
    const known = byTheWay.get(`piece of ${node.output.id}`);
    const pieces = known === undefined ? piecesOf(context, node) : undefined;
    if (!pieces) return known ?? layout.slice(context, node);
    const sizes = builder.ints(pieces.map(({ start, end }) => end - start));
    const names = builder.multi('Split', [value(node.inputs[0]!), sizes], {
      attributes: { axis: node.attributes.axes[0]! },
      outputs: pieces.length,
    });
    pieces.forEach(({ node: { output } }, index) => byTheWay.set(`piece of ${output.id}`, names[index]!));
    return byTheWay.get(`piece of ${node.output.id}`)!;
  },
} satisfies Partial<TargetLowerings>;
