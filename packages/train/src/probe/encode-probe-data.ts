import { createRandom, type AbortOptions, type Random } from '@crrg/core';
import type { RclipConfig } from '@crrg/rclip';
import type { Backend, StateDict } from '@crrg/tensor';
import { probeFilms, type FilmInputOptions, type LabelledFilm } from '../rclip/film-samples.js';
import { encodeFilms } from './fit-probe.js';
import type { ProbeData } from './train-probe.js';

/** What {@link encodeProbeData} encodes, and with what. */
export interface EncodeProbeDataOptions<Film> extends FilmInputOptions<Film>, AbortOptions {
  readonly train: readonly LabelledFilm<Film>[];
  readonly valid: readonly LabelledFilm<Film>[];
  /** Differently changed copies of each training film, which the probe sees in turn. @defaultValue 4 */
  readonly passes?: number | undefined;
  /** Of the changes. */
  readonly seed: number;
  readonly backend: Backend;
  readonly config: RclipConfig;
  /** Parameters of the encoders, without a probe. */
  readonly weights: StateDict;
  /** Called after each film with how many of its pass are done. */
  readonly onFilm?: ((split: 'train' | 'valid', done: number) => void) | undefined;
}

/**
 * Features of labelled films by the frozen image encoder, as `fitProbe` takes them: training films a few times changed at random, validation
 * films once as they are.
 * @throws {DataError} where a split has no film
 */
export async function encodeProbeData<Film>(
  options: EncodeProbeDataOptions<Film>,
): Promise<{ readonly train: ProbeData[]; readonly valid: ProbeData }> {
  const { passes = 4, seed, backend, config, weights, signal, onFilm } = options;
  const encode = (split: 'train' | 'valid', random?: Random) =>
    encodeFilms(probeFilms(options[split], options, random), {
      backend,
      config,
      weights,
      signal,
      onFilm: (done) => onFilm?.(split, done),
    });
  const random = createRandom(seed);
  const train: ProbeData[] = [];
  for (let pass = 0; pass < passes; pass++) train.push(await encode('train', random));
  return { train, valid: await encode('valid') };
}
