import type { ItemStatistics } from './metric.js';

/** Collects the numbers of items, one after the other. @internal */
export class ItemNumbers {
  readonly #values: Float64Array;
  #at = 0;

  constructor(
    itemCount: number,
    private readonly width: number,
  ) {
    this.#values = new Float64Array(itemCount * width);
  }

  add(numbers: ArrayLike<number>): void {
    this.#values.set(numbers, this.#at);
    this.#at += this.width;
  }

  /** With the rule that makes totals of them. */
  with(totals: ItemStatistics['totals']): ItemStatistics {
    return { width: this.width, values: this.#values, totals };
  }
}
