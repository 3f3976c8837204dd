import type { HostTensor } from '@crrg/tensor';
import type { OpenEngine } from './engine.js';
import type { Layout } from './layout.js';
import { Value, type LiveCount } from './value.js';

/** What every graph of one backend shares. */
export interface Device {
  readonly opened: OpenEngine;
  /** Arrays of runs: inputs, intermediates and results. */
  readonly live: LiveCount;
  /** Arrays that compiled graphs hold until they are disposed. */
  readonly held: LiveCount;
  readonly prefersPlainKernels: boolean;
  readonly padsPools: boolean;
}

/** Copies host data to the device; a copy also where the engine would otherwise alias it. */
export function upload(
  { opened: { tf } }: Device,
  host: HostTensor,
  live: LiveCount,
  layout?: Layout,
): Value {
  const base = tf.tensor(host.data.slice(), [...host.shape], host.dtype);
  const value = new Value(tf, live, host.dtype, host.shape, base);
  if (!layout || value.has(layout) || value.size === 0) return value;
  const moved = new Value(
    tf,
    live,
    host.dtype,
    host.shape,
    tf.tidy(() => tf.transpose(base, [...layout])),
    layout,
  );
  value.dispose();
  return moved;
}

/** Copies a constant, which the graph holds until it is disposed. */
export function uploadConstant(device: Device, host: HostTensor, layout: Layout | undefined): Value {
  const value = upload(device, host, device.held, layout);
  if (host.data.length === 1 && host.dtype !== 'bool') value.literal = host.data[0];
  return value;
}
