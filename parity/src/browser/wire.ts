/**
 * Messages between Node and a page as bytes: any data that has no functions, objects that occur twice staying one object. A header of JSON is
 * followed by the arrays' bytes.
 */

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int32Array,
  Uint8Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

/** Place of an object in the table, or a plain value by a letter for what JSON lacks. */
type Cell = { readonly at: number } | { readonly plain: string | boolean | null } | { readonly odd: string };
type Row =
  | readonly ['list' | 'map', ...Cell[]]
  | readonly ['object', ...(readonly [string, Cell])[]]
  | readonly ['array', ArrayName, offset: number, length: number];

const ALIGNMENT = 8;
const aligned = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;

class Encoder {
  readonly table: Row[] = [];
  readonly arrays: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #seen = new Map<object, number>();
  size = 0;

  cell(value: unknown): Cell {
    if (value === undefined) return { odd: 'undefined' };
    if (typeof value === 'number') return { odd: Object.is(value, -0) ? '-0' : String(value) };
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return { plain: value };
    if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be sent to a page`);
    return { at: this.#seen.get(value) ?? this.#add(value) };
  }

  #add(value: object): number {
    const at = this.table.length;
    this.#seen.set(value, at);
    // The place is taken before the contents, which may refer to it.
    this.table.push(['list']);
    this.table[at] = this.#row(value);
    return at;
  }

  #row(value: object): Row {
    if (ArrayBuffer.isView(value)) return this.#array(value as Uint8Array);
    if (Array.isArray(value)) return ['list', ...Array.from(value, (item) => this.cell(item))];
    if (value instanceof Map) return ['map', ...[...value].flat().map((item) => this.cell(item))];
    return ['object', ...Object.entries(value).map(([key, item]) => [key, this.cell(item)] as const)];
  }

  #array(value: Uint8Array): Row {
    const name = value.constructor.name === 'Buffer' ? 'Uint8Array' : value.constructor.name;
    if (!Object.hasOwn(ARRAYS, name)) throw new TypeError(`a ${name} cannot be sent to a page`);
    const offset = this.size;
    this.arrays.push({ offset, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) });
    this.size += aligned(value.byteLength);
    return ['array', name as ArrayName, offset, value.length];
  }
}

/** @throws {TypeError} where the value holds a function, a symbol or an array of another type */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const encoder = new Encoder();
  const root = encoder.cell(value);
  const header = new TextEncoder().encode(JSON.stringify({ root, table: encoder.table }));
  const start = aligned(4 + header.length);
  const bytes = new Uint8Array(start + encoder.size);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  for (const { offset, bytes: content } of encoder.arrays) bytes.set(content, start + offset);
  return bytes;
}

function odd(text: string): unknown {
  return text === 'undefined' ? undefined : text === '-0' ? -0 : Number(text);
}

/** The value of {@link encodeMessage}; its arrays are copies. */
export function decodeMessage(bytes: Uint8Array): unknown {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const { root, table } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as {
    root: Cell;
    table: Row[];
  };
  const start = aligned(4 + length);
  const values = table.map((row): object => {
    if (row[0] === 'list') return [];
    if (row[0] === 'map') return new Map();
    if (row[0] === 'object') return {};
    const [, name, offset, count] = row as Extract<Row, readonly ['array', ...unknown[]]>;
    const ArrayType = ARRAYS[name];
    const content = bytes.slice(start + offset, start + offset + count * ArrayType.BYTES_PER_ELEMENT);
    return new ArrayType(content.buffer, 0, count);
  });
  const valueOf = (cell: Cell): unknown =>
    'at' in cell ? values[cell.at] : 'odd' in cell ? odd(cell.odd) : cell.plain;
  table.forEach((row, at) => {
    const value = values[at]!;
    if (row[0] === 'list') (value as unknown[]).push(...(row.slice(1) as Cell[]).map(valueOf));
    if (row[0] === 'object')
      for (const [key, cell] of row.slice(1) as (readonly [string, Cell])[])
        // Also a key such as __proto__.
        Object.defineProperty(value, key, {
          value: valueOf(cell),
          enumerable: true,
          writable: true,
          configurable: true,
        });
    if (row[0] === 'map')
      for (let i = 1; i < row.length; i += 2)
        (value as Map<unknown, unknown>).set(valueOf(row[i] as Cell), valueOf(row[i + 1] as Cell));
  });
  return valueOf(root);
}
