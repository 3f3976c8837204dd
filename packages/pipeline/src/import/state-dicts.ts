import type { TensorEntry } from '@crrg/checkpoints';
import { CheckpointError, ConfigError } from '@crrg/core';
import { SIGNS, WHOLE_FIRST, type ImportKind } from './kinds.js';

/** Tensors of a file by name: keys of dictionaries end in `/`, parts of a parameter's name in `.`. */
export type Tensors = ReadonlyMap<string, TensorEntry>;

/** The model in a file. */
export interface FoundModel {
  readonly kind: ImportKind;
  /** Under the names of its layout. */
  readonly entries: Tensors;
  /** What was taken off and left out, for people. */
  readonly notes: readonly string[];
}

/** Parts of names that wrappers of a network or of one of its parts add; no layout has them. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
  '_forward_module',
]);
/** What may stand before the name of every parameter of the one network of a file. */
const LEADING: ReadonlySet<string> = new Set(['model', 'net', 'network', 'state_dict', 'model_state_dict']);
/** Parts of a checkpoint that only a training goes on from. */
const TRAINING_STATE = /^(optim|(lr_)?sched|scaler|amp|callbacks|loops|rng)/;

/** One tensor under its own name and without wrappers. */
interface Named {
  readonly raw: string;
  readonly name: string;
  readonly entry: TensorEntry;
}

/** Where a model of a kind may begin. */
interface Candidate {
  readonly kind: ImportKind;
  /** Before the names of the layout, wrappers taken out. */
  readonly prefix: string;
  /** As the file has it. */
  readonly rawPrefix: string;
}

const dictionaryOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1);

function withoutWrappers(raw: string): string {
  const folder = dictionaryOf(raw);
  const parts = raw.slice(folder.length).split('.');
  return folder + parts.filter((part) => !WRAPPERS.has(part)).join('.');
}

function readNames(all: Tensors): Named[] {
  const seen = new Map<string, string>();
  return [...all].map(([raw, entry]) => {
    const name = withoutWrappers(raw);
    const other = seen.get(name);
    if (other !== undefined)
      throw new CheckpointError(
        `pipeline.importModel: expected one set of weights, got ${other} and ${raw}, the same but for a wrapper; save one of them alone.`,
      );
    seen.set(name, raw);
    return { raw, name, entry };
  });
}

/** Tensors below a prefix that was asked for, which may lack its last `/` or `.`. */
function below(all: Tensors, prefix: string): Tensors {
  const starts = prefix === '' || /[./]$/.test(prefix) ? [prefix] : [`${prefix}/`, `${prefix}.`];
  for (const start of starts) {
    const found = [...all].filter(([name]) => name.startsWith(start));
    if (found.length > 0) return new Map(found.map(([name, entry]) => [name.slice(start.length), entry]));
  }
  const groups = [...new Set([...all.keys()].map((name) => /^[^/.]*[/.]?/.exec(name)![0]))];
  throw new ConfigError(
    `pipeline.importModel: \`prefix\`: expected the start of a name in this file, got ${JSON.stringify(prefix)}; names start with ${groups.slice(0, 8).join(', ')}.`,
  );
}

function candidatesOf(kind: ImportKind, named: readonly Named[]): Candidate[] {
  const names = new Set(named.map(({ name }) => name));
  for (const [first, ...others] of SIGNS[kind]) {
    const found = named.flatMap(({ raw, name }): Candidate[] => {
      const prefix = name.slice(0, -first!.length);
      const isSign = name.endsWith(first!) && (prefix === '' || /[/.]$/.test(prefix));
      if (!isSign || !others.every((other) => names.has(prefix + other))) return [];
      return [{ kind, prefix, rawPrefix: raw.endsWith(first!) ? raw.slice(0, -first!.length) : prefix }];
    });
    if (found.length > 0) return found;
  }
  return [];
}

/** True where nothing else can be meant: only known words stand before the names, or everything in the dictionary starts so. */
function isPlain({ prefix }: Candidate, named: readonly Named[]): boolean {
  const folder = dictionaryOf(prefix);
  const words = prefix.slice(folder.length).split('.').slice(0, -1);
  if (words.every((word) => LEADING.has(word))) return true;
  return named.every(({ name }) => !name.startsWith(folder) || name.startsWith(prefix));
}

function refuseChoice(candidates: readonly Candidate[]): CheckpointError {
  const [{ kind }] = candidates as [Candidate];
  const places = candidates.map(({ rawPrefix }) => rawPrefix || '""');
  const got =
    candidates.length > 1
      ? `${candidates.length} sets of weights of the kind ${kind}, below ${places.join(', ')}`
      : `a ${kind} below ${places[0]}, beside other tensors`;
  return new CheckpointError(
    `pipeline.importModel: expected one model, got ${got}; choose with \`prefix\` ${places.join(' or `prefix` ')}.`,
  );
}

function chooseCandidate(
  named: readonly Named[],
  { kind: wanted, prefix }: FindOptions,
): { chosen: Candidate; others: readonly Candidate[] } {
  let doubtful: Candidate[] = [];
  for (const kind of wanted === 'auto' ? WHOLE_FIRST : [wanted]) {
    const candidates = candidatesOf(kind, named);
    const asked = prefix === undefined ? undefined : candidates.find((candidate) => candidate.prefix === '');
    if (asked) return { chosen: asked, others: candidates.filter((candidate) => candidate !== asked) };
    const [first, ...more] = candidates;
    if (first && more.length === 0 && isPlain(first, named)) return { chosen: first, others: [] };
    if (more.length > 0 && candidates.some((candidate) => isPlain(candidate, named)))
      throw refuseChoice(candidates);
    if (doubtful.length === 0) doubtful = candidates;
  }
  if (doubtful.length > 0) throw refuseChoice(doubtful);
  const some =
    named
      .slice(0, 3)
      .map(({ raw }) => raw)
      .join(', ') || 'no tensors';
  throw new CheckpointError(
    `pipeline.importModel: expected ${wanted === 'auto' ? 'an RGRG model, a stage-1 detector, a torchvision ResNet, a GPT-2, CXR-CLIP or a BERT' : `a file of kind ${wanted}`}, got ${some} ...; use a file of a known layout.`,
  );
}

/** How {@link findModel} searches. */
export interface FindOptions {
  readonly kind: ImportKind | 'auto';
  /** Start of the names of the model that is meant. @defaultValue the only one */
  readonly prefix?: string | undefined;
}

/**
 * The model in a file: its kind, and its tensors under the names of the layout. What wrappers put before the names (DataParallel,
 * Lightning, `torch.compile`) is taken off.
 * @throws {CheckpointError} where none is recognised, or several are and `prefix` does not choose
 * @throws {ConfigError} where nothing in the file starts with `prefix`
 */
export function findModel(all: Tensors, options: FindOptions): FoundModel {
  const named = readNames(options.prefix === undefined ? all : below(all, options.prefix));
  const { chosen, others } = chooseCandidate(named, options);
  const isMine = ({ name }: Named) =>
    name.startsWith(chosen.prefix) &&
    dictionaryOf(name) === dictionaryOf(chosen.prefix) &&
    !others.some(({ prefix }) => name.startsWith(prefix));
  const mine = named.filter(isMine);
  return {
    kind: chosen.kind,
    entries: new Map(mine.map(({ name, entry }) => [name.slice(chosen.prefix.length), entry])),
    notes: [
      ...notesOf(mine, chosen),
      ...leftOut(
        named.filter((each) => !isMine(each)),
        chosen,
      ),
    ],
  };
}

function count<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

function notesOf(mine: readonly Named[], { prefix }: Candidate): string[] {
  const folder = dictionaryOf(prefix);
  const removed = ({ raw, name }: Named) => {
    const rest = name.slice(prefix.length);
    if (raw.endsWith(rest)) return raw.slice(dictionaryOf(raw).length, -rest.length);
    const parts = raw.slice(dictionaryOf(raw).length).split('.');
    return `${parts.filter((part) => WRAPPERS.has(part)).join('.')}. inside the names`;
  };
  const prefixes = [...count(mine, removed)].filter(([text]) => text !== '');
  return [
    ...(folder === '' ? [] : [`took the ${mine.length} tensors below ${folder}`]),
    ...prefixes.map(([text, keys]) => `took off the prefix ${text} of ${keys} keys`),
  ];
}

function leftOut(others: readonly Named[], { prefix }: Candidate): string[] {
  const folder = dictionaryOf(prefix);
  const groupOf = ({ raw }: Named) => {
    const isBeside = dictionaryOf(raw) === folder;
    return isBeside ? folder + raw.slice(folder.length).split('.', 1)[0]! : raw.split('/', 1)[0]!;
  };
  const groups = [
    ...count(
      others.filter(({ raw }) => !TRAINING_STATE.test(raw)),
      groupOf,
    ),
  ];
  if (groups.length === 0) return [];
  const shown = groups.slice(0, 8).map(([group, tensors]) => `${group} (${tensors})`);
  return [`left out, not of this model: ${shown.join(', ')}${groups.length > 8 ? ', ...' : ''}`];
}
