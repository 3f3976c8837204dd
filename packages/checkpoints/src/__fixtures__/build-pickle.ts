const encode = (text: string) => [...new TextEncoder().encode(text)];

/** Bytes of a pickle: texts are operations as they stand, numbers are bytes. */
export function assemble(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? encode(part) : [...part])));
}

const text = (value: string) => [0x58, value.length, 0, 0, 0, ...encode(value)];
const int = (value: number) => {
  if (value >= 0 && value < 256) return [0x4b, value];
  return [0x4a, ...new Uint8Array(Int32Array.of(value).buffer)];
};
const tuple = (values: readonly number[]) => [0x28, ...values.flatMap(int), 0x74];

/** A view of a storage as {@link tensorPickle} writes it, true or not. */
export interface PickledView {
  /** Elements that the storage claims. */
  readonly count: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly storage?: string;
  readonly key?: string;
  readonly kind?: string;
}

function view({ count, offset = 0, shape, strides, storage = 'torch\nFloatStorage', key = '0', kind = 'storage' }: PickledView) {
  return [
    ...encode('ctorch._utils\n_rebuild_tensor_v2\n(('),
    ...text(kind),
    ...encode(`c${storage}\n`),
    ...[...text(key), ...text('cpu'), ...int(count), 0x74, 0x51],
    ...[...int(offset), ...tuple(shape), ...tuple(strides), 0x89],
    ...encode('ccollections\nOrderedDict\n)RtR'),
  ];
}

/** The pickle of a dictionary of tensors as torch writes it. */
export function tensorPickle(views: Readonly<Record<string, PickledView>>): Uint8Array {
  const items = Object.entries(views).flatMap(([name, each]) => [...text(name), ...view(each), 0x73]);
  return Uint8Array.from([0x80, 2, 0x7d, ...items, 0x2e]);
}
