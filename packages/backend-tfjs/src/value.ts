import type { DType } from '@crrg/tensor';
import { layoutChange, rowMajor, sameLayout, type Layout } from './layout.js';
import type { Tf, TfTensor } from './tf.js';

interface View {
  readonly layout: Layout;
  readonly tensor: TfTensor;
}

/** Counts the device arrays that values hold. */
export interface LiveCount {
  count: number;
}

/** A logical array with one or more physical copies, each in another layout. */
export class Value {
  readonly #views: View[] = [];
  /** The number, where a constant of one element is known without asking the device. */
  literal: number | undefined;

  constructor(
    private readonly tf: Tf,
    private readonly live: LiveCount,
    readonly dtype: DType,
    /** Logical shape. */
    readonly shape: readonly number[],
    tensor: TfTensor,
    layout: Layout = rowMajor(shape.length),
  ) {
    this.#add(tensor, layout);
  }

  #add(tensor: TfTensor, layout: Layout): TfTensor {
    // Outlives the tidy of the kernel that made it.
    this.tf.keep(tensor);
    this.#views.push({ layout, tensor });
    this.live.count += 1;
    return tensor;
  }

  /** The layout in which the value was computed. */
  get layout(): Layout {
    return this.#views[0]!.layout;
  }

  get size(): number {
    return this.#views[0]!.tensor.size;
  }

  get isDisposed(): boolean {
    return this.#views.length === 0;
  }

  has(layout: Layout): boolean {
    return this.#views.some((view) => sameLayout(view.layout, layout));
  }

  /** The array in a layout, made (once) where it does not exist. Belongs to this value. */
  view(layout: Layout = rowMajor(this.shape.length)): TfTensor {
    const found = this.#views.find((view) => sameLayout(view.layout, layout));
    if (found) return found.tensor;
    const [{ tensor, layout: from }] = this.#views as [View];
    return this.#add(
      this.tf.tidy(() => this.tf.transpose(tensor, layoutChange(from, layout))),
      layout,
    );
  }

  /** Another value of the same memory, counted where its holder says. */
  share(live: LiveCount, shape: readonly number[] = this.shape, layout: Layout = this.layout): Value {
    return new Value(
      this.tf,
      live,
      this.dtype,
      shape,
      this.tf.tidy(() => this.tf.clone(this.#views[0]!.tensor)),
      layout,
    );
  }

  dispose(): void {
    for (const { tensor } of this.#views) tensor.dispose();
    this.live.count -= this.#views.length;
    this.#views.length = 0;
  }
}
