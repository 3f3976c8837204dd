import { createBeamSampler, type BeamSamplerOptions, type SampledText } from './beam-sampler.js';
import type { TransformersSeq2Seq, TransformersTensor, TransformersTensors } from './transformers-module.js';

/** What a search asks of a loaded model. */
export interface BeamModel {
  readonly model: Pick<TransformersSeq2Seq, 'forward' | '_encode_input'>;
  readonly makeTensor: (rows: readonly (readonly number[])[]) => TransformersTensor;
  readonly makeFloats: (data: Float32Array, dims: number[]) => TransformersTensor;
}

/** Rows of a cache tensor in another order. */
function takeRows({ makeFloats }: BeamModel, tensor: TransformersTensor, rows: readonly number[]) {
  const width = tensor.data.length / tensor.dims[0]!;
  const data = new Float32Array(rows.length * width);
  const from = tensor.data as Float32Array;
  rows.forEach((row, at) => data.set(from.subarray(row * width, (row + 1) * width), at * width));
  return makeFloats(data, [rows.length, ...tensor.dims.slice(1)]);
}

/** The cache of the next step: that of the decoder for the beams that go on; that of the encoder, which a step with a cache may leave empty, from before. */
function nextCache(
  loaded: BeamModel,
  outputs: TransformersTensors,
  before: TransformersTensors | undefined,
  parents: readonly number[],
): TransformersTensors {
  const isSame = parents.every((parent, at) => parent === at);
  const entries = Object.entries(outputs).flatMap(([name, tensor]) => {
    if (!name.startsWith('present')) return [];
    const past = name.replace('present', 'past_key_values');
    const kept = name.includes('encoder') ? (before?.[past] ?? tensor) : tensor;
    const isWhole = isSame && kept.dims[0] === parents.length;
    return [[past, isWhole ? kept : takeRows(loaded, kept, parents)] as const];
  });
  return Object.fromEntries(entries);
}

/** The inputs of a pass for so many beams of a text, which is encoded once where transformers.js lets it. */
async function encode(
  loaded: BeamModel,
  source: readonly number[],
  numBeams: number,
): Promise<(beams: number) => Readonly<Record<string, unknown>>> {
  const { model, makeTensor } = loaded;
  const inputs = (beams: number) => {
    const rows = Array.from({ length: beams }, () => source);
    return { input_ids: makeTensor(rows), attention_mask: makeTensor(rows.map((row) => row.map(() => 1))) };
  };
  const hidden = await model._encode_input?.('model', inputs(numBeams), 'last_hidden_state');
  if (!hidden) return inputs;
  return (beams) => ({
    ...inputs(beams),
    encoder_outputs:
      beams === numBeams ? hidden : takeRows(loaded, hidden, [...new Array<number>(beams).keys()]),
  });
}

/**
 * Translates one text by sampling with beams, a beam a row.
 * @param source token ids with the end of text
 */
export async function translateWithBeams(
  loaded: BeamModel,
  source: readonly number[],
  options: BeamSamplerOptions & { readonly signal?: AbortSignal | undefined },
): Promise<SampledText> {
  const { model, makeTensor } = loaded;
  const search = createBeamSampler(options);
  let tokenIds = search.first;
  let cache: TransformersTensors | undefined;
  const encoded = await encode(loaded, source, tokenIds.length);
  for (;;) {
    options.signal?.throwIfAborted();
    const outputs = await model.forward({
      ...encoded(tokenIds.length),
      decoder_input_ids: makeTensor(tokenIds.map((token) => [token])),
      ...(cache && { past_key_values: cache }),
    });
    const logits = outputs['logits']!;
    const step = search.advance(Float32Array.from(logits.data as Float32Array), logits.dims.at(-1)!);
    if (!step) return search.best();
    cache = nextCache(loaded, outputs, cache, step.parents);
    tokenIds = step.tokenIds;
  }
}
