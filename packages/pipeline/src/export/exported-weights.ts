import type { BundleManifest, TorchValue } from '@crrg/checkpoints';
import type { ModelKind } from './model-kind.js';
import type { Entries } from './reference-names.js';

/** A model to export. */
export interface ExportSource {
  readonly kind: ModelKind;
  readonly manifest: BundleManifest;
  readonly entries: Entries;
}

/** What goes into a file of torch. */
export interface ExportedWeights {
  readonly value: TorchValue;
  readonly tensorCount: number;
  /** What is not in the model, was filled in, or differs from what the program builds; a sentence each. */
  readonly notes: readonly string[];
}
