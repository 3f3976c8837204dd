import { cpus, totalmem } from 'node:os';
import type { Backend } from '@crrg/tensor';
import { nameInstructionSet, readProcessor } from '@crrg/parity/processor';

/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The least that this machine could do, by its arithmetic and memory as measured in the same run. */
  readonly limit?: number | undefined;
  /** What was measured beside it, on the same machine in the same run. */
  readonly peer?: { readonly name: string; readonly value: number } | undefined;
  /** How many times faster or smaller than the peer; above 1 is better than the peer. */
  readonly ratio?: number | undefined;
}

/** Where a benchmark writes what people read; silent with `--json`. */
export interface BenchmarkContext {
  /** Options of the command line by name. */
  readonly options: Readonly<Record<string, string | undefined>>;
  note(text: string): void;
  report(figure: Figure): void;
}

/** One benchmark, loaded by name. */
export interface Benchmark {
  readonly name: string;
  run(context: BenchmarkContext): Promise<void>;
}

/** A figure beside a peer's for which smaller is better. */
export function comparison(
  name: string,
  unit: string,
  value: number,
  peer: { name: string; value: number } | undefined,
  limit?: number,
): Figure {
  return { name, value, unit, limit, peer, ratio: peer && peer.value / value };
}

/** The line of `--json`; `machine` as `describeMachine` gives it. */
export function toJsonLine({ name, value, unit, limit, peer, ratio }: Figure, machine: string): string {
  return JSON.stringify({
    ...{ name, value, unit, limit: limit ?? null },
    ...{ peer: peer?.name ?? null, ratio: ratio ?? null, machine },
  });
}

/** A table for people. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, limit, peer, ratio }) => [
    name,
    `${formatNumber(value)} ${unit}`,
    limit === undefined ? '' : `${formatNumber(limit)} ${unit} (${(value / limit).toFixed(2)}x)`,
    peer ? `${formatNumber(peer.value)} ${unit} (${peer.name})` : 'no peer',
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
  ]);
  const table = [['figure', 'CRRG', 'limit', 'peer', 'ratio'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The machine that figures belong to. */
export function describeMachine(): string {
  const processor = readProcessor();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} x ${processor.name}, ${nameInstructionSet(processor)}, ${memory} GiB, Node ${process.version}, ${process.platform}-${process.arch}`;
}

/** The engine that figures belong to, with its version. */
export function describeEngine({ name, versions }: Backend): string {
  const all = Object.entries(versions).map(([module, version]) => `${module} ${version}`);
  return `${name} (${all.join(', ')})`;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Something to time: gives the milliseconds of one go, without what only measuring costs. */
export type Timed = () => Promise<number>;

/**
 * Times several things in turn, a few goes each, round after round, so that a busy neighbour slows all of them; all times by
 * contender, in order. A pause lets the spinning threads of one come to rest before the next.
 */
export async function interleave(
  contenders: readonly Timed[],
  options: { warmup: number; rounds: number; goes: number },
): Promise<number[][]> {
  for (const contender of contenders) for (let go = 0; go < options.warmup; go++) await contender();
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await contender();
      for (let go = 0; go < options.goes; go++) times[index]!.push(await contender());
    }
  }
  return times;
}

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
