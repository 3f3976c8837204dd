/**
 * One renaming of tensors in somebody else's file. `{}` in `from` stands for one part of a name between dots, and is carried over
 * in order to the `{}` in `to`; `null` drops the tensor knowingly.
 */
export interface KeyRenaming {
  readonly from: string;
  readonly to: string | null;
  /** Only old files have this name: it is read and never written. @defaultValue false */
  readonly isOld?: boolean | undefined;
}

/** Their names to ours, as plain data that model packages declare; the first row that fits counts. Applied by `@crrg/checkpoints`. */
export type KeyMap = readonly KeyRenaming[];
