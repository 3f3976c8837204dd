import { renameKey } from '@crrg/checkpoints';
import type { KeyMap } from '@crrg/tensor';

/** Our name of a parameter of a reference program. @throws where no rule of the map gives one */
export function ourName(reference: string, map: KeyMap): string {
  const name = renameKey(reference, map);
  if (typeof name !== 'string') throw new Error(`no parameter of ours for ${reference}`);
  return name;
}
