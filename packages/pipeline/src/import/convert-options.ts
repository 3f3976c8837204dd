import type { CheckpointValue } from '@crrg/checkpoints';
import type { Fields } from './merge-fields.js';

/** What is known of a model besides its tensors. */
export interface ConvertOptions {
  /** Configuration that goes before what was inferred. */
  readonly given: Fields;
  /** Its Hugging Face `config.json`. @defaultValue none */
  readonly hub?: Fields | undefined;
  /** What the file holds besides tensors. @defaultValue nothing */
  readonly values?: ReadonlyMap<string, CheckpointValue> | undefined;
}
