import { splitTrainTest } from '../numpy/shares.js';

/** Row numbers by what they are used for. */
export interface RsnaSplit {
  readonly train: Uint32Array;
  readonly valid: Uint32Array;
  readonly test: Uint32Array;
}

const HELD_OUT = 0.3;
const SEED = 0;

/**
 * Which of `n` patients, sorted by id, are for training, validation and testing, 70/15/15, in the order of GLoRIA and CXR-CLIP. The
 * paper's own lists have other sizes.
 *
 * Source: docs/reference/datasets.md#rsna-pneumonia and docs/reference/traps.md#t24.
 */
export function splitRsna(n: number): RsnaSplit {
  const { train, test: heldOut } = splitTrainTest(n, HELD_OUT, SEED);
  const halves = splitTrainTest(heldOut.length, 0.5, SEED);
  const rows = (numbers: Uint32Array) => numbers.map((number) => heldOut[number]!);
  return { train, valid: rows(halves.test), test: rows(halves.train) };
}
