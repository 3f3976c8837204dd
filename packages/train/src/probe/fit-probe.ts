import { createRandom, DataError, type AbortOptions } from '@crrg/core';
import { createRclip, probeSpecs, requireProbe, type ProbeConfig, type RclipConfig } from '@crrg/rclip';
import { float32, initializeParameters, type Backend, type HostTensor, type StateDict } from '@crrg/tensor';
import { createMemoryStore } from '@crrg/train-loop';
import type { RclipStageSettings } from '../rclip/rclip-presets.js';
import type { TrainingRunOptions } from '../run-options.js';
import { calibrateProbe, hostLogits, trainProbe, type ProbeData } from './train-probe.js';

/** One film for the probe: what the network sees, and 0 or 1 for every label; NaN where a label was not assessed. */
export interface ProbeFilm {
  /** `[3, S, S]`. */
  readonly input: Float32Array;
  readonly targets: readonly number[];
}

/** What {@link encodeFilms} encodes with. */
export interface EncodeFilmsOptions extends AbortOptions {
  readonly backend: Backend;
  readonly config: RclipConfig;
  /** Parameters of the encoders, without a probe. */
  readonly weights: StateDict;
  /** Called after each film with how many are done. */
  readonly onFilm?: ((done: number) => void) | undefined;
}

/**
 * Features of films by the frozen image encoder, with what is known of them; one film at a time.
 * @throws {DataError} for no films
 */
export async function encodeFilms(
  films: Iterable<ProbeFilm> | AsyncIterable<ProbeFilm>,
  { backend, config, weights, onFilm, signal }: EncodeFilmsOptions,
): Promise<ProbeData> {
  const model = createRclip({ config: { ...config, probe: null }, weights, backend });
  const side = config.imageEncoder.imageSize;
  const features: Float32Array[] = [];
  const targets: (readonly number[])[] = [];
  try {
    for await (const film of films) {
      const encoded = await model.encodeImage(float32([1, 3, side, side], film.input), { signal });
      features.push(encoded.features.data);
      targets.push(film.targets);
      onFilm?.(features.length);
    }
  } finally {
    model.dispose();
  }
  return { features: toRows(features), targets: toRows(targets) };
}

function toRows(rows: readonly ArrayLike<number>[]): HostTensor<'float32'> {
  if (rows.length === 0)
    throw new DataError('train.encodeFilms: expected at least one film, got none; give labelled films.');
  const width = rows[0]!.length;
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, index) => all.set(row, index * width));
  return float32([rows.length, width], all);
}

/** How {@link fitProbe} runs. */
export interface FitProbeOptions extends Omit<TrainingRunOptions, 'store' | 'resume' | 'saveEvery'> {
  readonly backend: Backend;
  /** With a probe, whose labels say what the outputs are. */
  readonly config: RclipConfig;
  /** As for `trainProbe`. */
  readonly train: ProbeData | readonly ProbeData[];
  /** Chooses the epoch, and fits temperatures and thresholds: both classes of every label. */
  readonly valid: ProbeData;
  readonly settings: RclipStageSettings;
  readonly seed: number;
}

/** A probe ready for use. */
export interface FittedProbe {
  readonly config: ProbeConfig;
  /** `probe.weight` and `probe.bias` of the lowest validation loss. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Batches that had no effect; see `trainProbe`. */
  readonly batchesSkipped: number;
  /** Row-major `[N, L]`: what the probe says of the validation films, before temperatures. */
  readonly validLogits: Float64Array;
}

/**
 * Trains a new probe on encoded films, keeps that of the lowest validation loss and calibrates it.
 * @throws {DataError} where a label has only one class among the validation films, or nothing was evaluated
 * @throws {ConfigError} for a configuration without a probe, or less than a batch of films
 */
export async function fitProbe(options: FitProbeOptions): Promise<FittedProbe> {
  const { config, seed, valid } = options;
  requireProbe(config, 'train.fitProbe');
  const store = createMemoryStore();
  const { batchesSkipped } = await trainProbe({
    ...options,
    weights: initializeParameters(probeSpecs(config), createRandom(seed)),
    store,
  });
  const best = await store.load('best');
  if (!best)
    throw new DataError(
      'train.fitProbe: expected a finite validation loss, got none; lower the learning rate or give more validation films.',
    );
  const weights = best.tensors;
  return {
    config: calibrateProbe(config, weights, valid),
    weights,
    batchesSkipped,
    validLogits: hostLogits(weights, valid.features).logits,
  };
}
