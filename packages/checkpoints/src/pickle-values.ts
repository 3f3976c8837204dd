import { CheckpointError } from '@crrg/core';
import { PYTHON_MODULES } from './python-modules.js';

/** A name that a pickle refers to. Nothing is ever looked up or called. */
export class PickleGlobal {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}

  toString(): string {
    return `${this.module}.${this.name}`;
  }
}

/** An object of a class that we do not know: what the file says about it, and nothing more. */
export class PickleRecord {
  state: PickleValue = null;
  /** Entries of a record that is a kind of dict or list. */
  readonly items: PickleDict = new Map();

  constructor(
    readonly type: PickleGlobal,
    readonly args: readonly PickleValue[],
  ) {}
}

/** Something that the container resolves, such as a storage or a tensor over one. */
export interface PickleExternal {
  readonly external: string;
}

export type PickleDict = Map<PickleValue, PickleValue>;

/** Anything a pickle can build here. Lists, tuples and sets are arrays; dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | PickleGlobal
  | PickleRecord
  | PickleExternal;

export function refusePickle(problem: string): CheckpointError {
  return new CheckpointError(
    `checkpoints.pickle: ${problem}; only files that hold plain weights are read, save the state_dict alone with torch.save.`,
  );
}

const words = (text: string) => text.trim().split(/\s+/);

/** Plain classes and functions whose calls only hold data: kept as inert records, or built as data by `construct`. */
const CALLABLE: ReadonlySet<string> = new Set(
  words(`
    collections.OrderedDict collections.defaultdict collections.Counter
    torch.Size torch.device torch.serialization._get_layout
    builtins.set builtins.frozenset builtins.list builtins.dict builtins.tuple builtins.bytearray builtins.complex builtins.slice
    builtins.int builtins.float builtins.bool builtins.str builtins.bytes
    __builtin__.set __builtin__.frozenset __builtin__.list __builtin__.dict __builtin__.tuple __builtin__.bytearray
    __builtin__.complex __builtin__.long __builtin__.int __builtin__.float __builtin__.bool __builtin__.str
    _codecs.encode
    numpy.dtype numpy.core.multiarray.scalar numpy._core.multiarray.scalar
    numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct
    datetime.datetime datetime.date datetime.timedelta
    pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.WindowsPath pathlib.PurePosixPath pathlib.PureWindowsPath
    argparse.Namespace
  `),
);

/** Names that may be mentioned (as a type in somebody's state) although their modules are closed. */
const MENTIONABLE: ReadonlySet<string> = new Set(words('builtins.object __builtin__.object numpy.ndarray'));

/** Packages whose objects are programs rather than data; only what {@link CALLABLE} lists is accepted from them. */
const PROGRAM_PACKAGES: ReadonlySet<string> = new Set(words('torch torchvision torchaudio numpy scipy'));

/**
 * The inert stand-in for a name in a pickle.
 * @throws {CheckpointError} for names of Python's own modules outside the allow-list, and for dotted names
 */
export function resolveGlobal(module: string, name: string): PickleGlobal {
  const full = `${module}.${name}`;
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(module) || !/^[A-Za-z_]\w*$/.test(name)) {
    throw refusePickle(`expected the name of a class, got ${JSON.stringify(full)}`);
  }
  if (PYTHON_MODULES.has(rootOf(module)) && !CALLABLE.has(full) && !MENTIONABLE.has(full)) {
    throw refusePickle(`expected weights, got a file that refers to ${full}, which is code`);
  }
  return new PickleGlobal(module, name);
}

function rootOf(module: string): string {
  return module.split('.', 1)[0]!;
}

/** What REDUCE gives for a name that the container does not handle itself. */
export function callGlobal(type: PickleGlobal, args: readonly PickleValue[]): PickleValue {
  const full = type.toString();
  if (!CALLABLE.has(full)) throw refusePickle(`expected weights, got a file that calls ${full}`);
  if (full.startsWith('collections.')) return toDict(full, args);
  if (full === 'torch.Size') return Array.isArray(args[0]) ? [...args[0]] : [];
  return new PickleRecord(type, args);
}

function toDict(full: string, args: readonly PickleValue[]): PickleDict {
  const dict: PickleDict = new Map();
  const [content] = args;
  if (full === 'collections.defaultdict' || content === undefined) return dict;
  if (content instanceof Map) return new Map(content);
  if (!Array.isArray(content)) throw refusePickle(`expected pairs for ${full}`);
  for (const pair of content) {
    if (!Array.isArray(pair) || pair.length !== 2) throw refusePickle(`expected pairs for ${full}`);
    dict.set(pair[0]!, pair[1]!);
  }
  return dict;
}

/** What NEWOBJ gives: data for the classes of {@link CALLABLE}, an inert record for classes of other people's packages. */
export function newObject(type: PickleGlobal, args: readonly PickleValue[]): PickleValue {
  if (CALLABLE.has(type.toString())) return callGlobal(type, args);
  const root = rootOf(type.module);
  if (PROGRAM_PACKAGES.has(root) || PYTHON_MODULES.has(root)) {
    throw refusePickle(`expected weights, got a file that makes a ${type.toString()} object`);
  }
  return new PickleRecord(type, args);
}
