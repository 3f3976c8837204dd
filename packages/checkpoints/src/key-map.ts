import { CheckpointError } from '@crrg/core';
import { keyProblems, type HostTensor, type KeyMap, type ParameterSpecs, type Shaped } from '@crrg/tensor';
import type { TensorEntry } from './checkpoint.js';

/** One network to fill from a file. */
export interface KeyMapPart {
  readonly map: KeyMap;
  /** What must be there afterwards, and in which shapes. @defaultValue no such check */
  readonly specs?: ParameterSpecs | undefined;
}

/** Where a name goes: ours, null for a knowing drop, undefined where no row fits. */
type Renamer = (name: string) => string | null | undefined;

const PLACEHOLDER = '{}';

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function compile(map: KeyMap): Renamer {
  const rows = map.map(({ from, to }) => {
    const parts = from.split(PLACEHOLDER);
    const holes = to === null ? 0 : to.split(PLACEHOLDER).length - 1;
    if (holes > parts.length - 1) {
      throw new CheckpointError(
        `checkpoints.keyMap: expected at most ${parts.length - 1} placeholders in "${to}", got ${holes}; fix the table.`,
      );
    }
    return { pattern: new RegExp(`^${parts.map(escape).join('([^.]+)')}$`), to };
  });
  return (name) => {
    for (const { pattern, to } of rows) {
      const match = pattern.exec(name);
      if (!match) continue;
      let hole = 1;
      return to === null ? null : to.replaceAll(PLACEHOLDER, () => match[hole++]!);
    }
    return undefined;
  };
}

/** Our name of one tensor. Null for a knowing drop, undefined where no row fits. */
export function renameKey(name: string, map: KeyMap): string | null | undefined {
  return compile(map)(name);
}

/**
 * Our names to theirs: gives the name that a file of today has for a parameter of ours, undefined where no row leads to it. Rows of old files
 * are passed over.
 *
 * @example
 * ```ts
 * invertKeyMap(CXR_CLIP_KEY_MAP)('logitScale'); // 'logit_scale'
 * ```
 */
export function invertKeyMap(map: KeyMap): (name: string) => string | undefined {
  const rows = map.flatMap(({ from, to, isOld }) => (to === null || isOld ? [] : [{ from: to, to: from }]));
  const rename = compile(rows);
  return (name) => rename(name) ?? undefined;
}

/** The entries whose names start with `prefix`, without it: a state_dict inside a larger file (`model/`). */
export function selectPrefix<T>(entries: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  const selected = [...entries].filter(([name]) => name.startsWith(prefix));
  return new Map(selected.map(([name, value]) => [name.slice(prefix.length), value]));
}

function refuse(where: string, problems: readonly string[]): CheckpointError {
  const shown = problems.slice(0, 20).join('; ');
  const more = problems.length > 20 ? `; and ${problems.length - 20} more` : '';
  return new CheckpointError(
    `${where}: expected the tensors of this architecture, got ${problems.length} that do not fit: ${shown}${more}; use a file and a configuration that belong together.`,
    { details: { problems } },
  );
}

/**
 * Renames the tensors of one file for several networks at once, strictly: every tensor must be taken or knowingly dropped by some
 * part, no two may get the same name, and every part's specifications must be met. All problems come in one error.
 *
 * @example
 * ```ts
 * const { detector, selector } = applyKeyMaps(selectPrefix(checkpoint.entries, 'model/'), {
 *   detector: { map: RGRG_DETECTOR_KEY_MAP, specs: detectorSpecs },
 *   selector: { map: RGRG_REGION_SELECTOR_KEY_MAP, specs: selectorSpecs },
 * });
 * ```
 * @throws {CheckpointError} that lists unmatched, missing, colliding and mis-shaped names together
 */
export function applyKeyMaps<T extends Shaped, Part extends string>(
  entries: ReadonlyMap<string, T>,
  parts: Readonly<Record<Part, KeyMapPart>>,
  where = 'checkpoints.applyKeyMaps',
): Record<Part, Map<string, T>> {
  const names = Object.keys(parts) as Part[];
  const renamers = names.map((part) => ({ part, rename: compile(parts[part].map) }));
  const results = Object.fromEntries(names.map((part) => [part, new Map<string, T>()])) as Record<
    Part,
    Map<string, T>
  >;
  const problems: string[] = [];
  for (const [name, entry] of entries) {
    let isKnown = false;
    for (const { part, rename } of renamers) {
      const renamed = rename(name);
      isKnown ||= renamed !== undefined;
      if (typeof renamed !== 'string') continue;
      if (results[part].has(renamed)) problems.push(`${name} collides at ${renamed}`);
      results[part].set(renamed, entry);
    }
    if (!isKnown) problems.push(`unmatched ${name}`);
  }
  for (const part of names) {
    const { specs } = parts[part];
    const label = names.length > 1 ? `${part}: ` : '';
    if (specs) problems.push(...keyProblems(specs, results[part], label));
  }
  if (problems.length > 0) throw refuse(where, problems);
  return results;
}

/**
 * {@link applyKeyMaps} for a single network.
 * @throws {CheckpointError} that lists unmatched, missing, colliding and mis-shaped names together
 */
export function applyKeyMap<T extends Shaped>(
  entries: ReadonlyMap<string, T>,
  map: KeyMap,
  specs?: ParameterSpecs,
  where = 'checkpoints.applyKeyMap',
): Map<string, T> {
  return applyKeyMaps(entries, { model: { map, specs } }, where).model;
}

/** Reads entries one after the other into weights for a graph. */
export async function readTensors(
  entries: ReadonlyMap<string, TensorEntry>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of entries) {
    options.signal?.throwIfAborted();
    tensors.set(name, await entry.read());
  }
  return tensors;
}
