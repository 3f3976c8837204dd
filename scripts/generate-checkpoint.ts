/**
 * Writes a checkpoint of a weight manifest of the golden data under the reference's own names, with a made-up tokenizer of its size beside
 * it: a stand-in for a published checkpoint, to try the importer and the command line at full size.
 *
 *   npx tsx --conditions=@crrg/source scripts/generate-checkpoint.ts --golden ../shared/golden/models --config rrg-full --out /tmp/rgrg
 *   npx crrg models import /tmp/rgrg/weights.safetensors --out /tmp/rgrg-bundle
 *   npx crrg report examples/radiographs/nih-00001749_003.jpg --model /tmp/rgrg-bundle
 */
import { parseArgs } from 'node:util';
import type { TensorEntry } from '@crrg/checkpoints';
import { writeBundle } from '@crrg/checkpoints/node';
import { END_OF_TEXT, toVocabularyFiles, trainBpe, type BpeVocabulary } from '@crrg/report-gen';
import { openWeights, type WeightSource } from '@crrg/parity';

/** All bytes, then pairs of bytes, then the end of text: as many tokens as asked for. */
function pairVocabulary(size: number): BpeVocabulary {
  const { vocab } = trainBpe([], { vocabSize: 257 });
  const bytes = Object.keys(vocab).filter((token) => token !== END_OF_TEXT);
  const merges = bytes
    .flatMap((left) => bytes.map((right) => [left, right] as const))
    .slice(0, Math.max(0, size - bytes.length - 1));
  const tokens = [...bytes, ...merges.map((pair) => pair.join('')), END_OF_TEXT];
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

/** A tensor that is generated when it is written. */
function lazyEntry(source: WeightSource, name: string, shape: readonly number[]): TensorEntry {
  const read = async () => {
    const tensor = source.get(name);
    source.release();
    return tensor;
  };
  const readBytes = async () => new Uint8Array((await read()).data.buffer);
  return { name, dtype: 'float32', shape, read, readBytes };
}

const { values: options } = parseArgs({
  options: { golden: { type: 'string' }, config: { type: 'string' }, out: { type: 'string' } },
});
if (!options.golden || !options.config || !options.out)
  throw new Error('scripts.generateCheckpoint: --golden, --config and --out are needed.');

const source = await openWeights(options.golden, options.config);
const attachment = (text: string) => ({ role: 'tokenizer' as const, bytes: new TextEncoder().encode(text) });
const { vocabJson, mergesText } = toVocabularyFiles(pairVocabulary(Number(source.settings['vocab'])));
await writeBundle(
  options.out,
  {
    name: options.config,
    version: '1',
    config: source.settings,
    preprocessing: {},
    labels: [],
    thresholds: {},
    tokenizer: null,
    attachments: { 'vocab.json': attachment(vocabJson), 'merges.txt': attachment(mergesText) },
    licence: 'made-up numbers',
    trainingData: 'none',
    source: 'scripts/generate-checkpoint.ts',
    modelCard: null,
    weights: new Map(source.names.map((name) => [name, lazyEntry(source, name, source.shapeOf(name))])),
  },
  { maxShardBytes: Infinity },
);
