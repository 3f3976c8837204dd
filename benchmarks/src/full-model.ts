import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '@crrg/checkpoints/node';
import { openWeights, rrgModelOf } from '@crrg/parity';
import { loadModel, type ReportModel } from '@crrg/pipeline';
import {
  END_OF_TEXT,
  REPORT_GEN_DTYPES,
  toVocabularyFiles,
  trainBpe,
  type ReportGenDType,
} from '@crrg/report-gen';
import type { BenchmarkContext } from './framework.js';

const DEFAULT_GOLDEN = '../shared/golden/models';

/** The golden data that the full-size model's weights are made from. */
export function goldenFolder(options: Readonly<Record<string, string | undefined>>): string {
  return options['golden'] ?? DEFAULT_GOLDEN;
}

/** The list of weights of the full-size model. */
export const fullWeightsList = (golden: string): string => join(golden, 'weights', 'rrg-full.json');

/** Whether {@link openFullModel} can make the model. */
export const hasFullModel = (golden: string): boolean => existsSync(fullWeightsList(golden));

const END_OF_NO_TEXT = 1;

/** All bytes and a name for every other number; nobody reads the texts. */
function madeUpVocabulary(size: number) {
  const vocab: Record<string, number> = { ...trainBpe([], { vocabSize: 257 }).vocab };
  delete vocab[END_OF_TEXT];
  for (let id = Object.keys(vocab).length; id < size - 1; id++) vocab[`word${id}`] = id;
  return toVocabularyFiles({ vocab: { ...vocab, [END_OF_TEXT]: size - 1 }, merges: [] });
}

/**
 * The folder of a bundle of the full-size report model with generated weights; 2.3 GB among the temporary files, written where it is not there
 * yet. Its end of text is moved to a token that hardly ever wins, so that every text has the same length here and in a peer.
 */
export async function fullModelFolder(golden: string): Promise<string> {
  const list = await readFile(fullWeightsList(golden));
  const sha256 = createHash('sha256').update(list).digest('hex');
  const folder = join(tmpdir(), `crrg-bench-rrg-full-${sha256.slice(0, 16)}`);
  if (existsSync(join(folder, 'manifest.json'))) return folder;
  const source = await openWeights(golden, 'rrg-full');
  const { config, weights } = rrgModelOf(source);
  source.release();
  const { vocabJson, mergesText } = madeUpVocabulary(config.reportGen.vocabSize);
  const attachment = (text: string, role: 'tokenizer' | 'document') => ({
    role,
    bytes: new TextEncoder().encode(text),
  });
  await writeBundle(folder, {
    name: 'rrg-full',
    version: '0',
    config: { ...config, reportGen: { ...config.reportGen, eosTokenId: END_OF_NO_TEXT } },
    preprocessing: { mean: 0.471, std: 0.302 },
    labels: [],
    thresholds: {},
    tokenizer: { kind: 'byte-bpe', vocab: 'vocab.json', merges: 'merges.txt' },
    licence: 'CC0-1.0',
    trainingData: 'none',
    source: 'generated',
    modelCard: 'card.md',
    weights,
    attachments: {
      'vocab.json': attachment(vocabJson, 'tokenizer'),
      'merges.txt': attachment(mergesText, 'tokenizer'),
      'card.md': attachment('# Generated weights, for measuring alone', 'document'),
    },
  });
  return folder;
}

/** The full-size report model of {@link fullModelFolder}. */
export async function openFullModel(golden: string): Promise<ReportModel> {
  return loadModel(await fullModelFolder(golden));
}

/** A model with its end of text moved to a token that hardly ever wins, so that every text has the length that is asked for. */
export function withoutEndOfText(model: ReportModel): ReportModel {
  const reportGen = { ...model.config.reportGen, eosTokenId: END_OF_NO_TEXT };
  return { ...model, config: { ...model.config, reportGen } };
}

/** `--dtype`. @throws for a name that is none */
export function dtypeOption(options: Readonly<Record<string, string | undefined>>): ReportGenDType {
  const dtype = REPORT_GEN_DTYPES.find((name) => name === (options['dtype'] ?? 'fp32'));
  if (!dtype) throw new Error(`benchmarks: --dtype must be ${REPORT_GEN_DTYPES.join(', ')}.`);
  return dtype;
}

const DEFAULT_FILM = '../shared/data/nih/images/00000061_012.jpg';

/** The golden data and the film that a benchmark of the full-size model asks for; undefined, and noted, where one is missing. */
export function fullSizeInputs({
  options,
  note,
}: BenchmarkContext): { golden: string; film: string } | undefined {
  const golden = goldenFolder(options);
  const film = options['film'] ?? DEFAULT_FILM;
  const missing = [fullWeightsList(golden), film].find((path) => !existsSync(path));
  if (missing === undefined) return { golden, film };
  note(`skipped: ${missing} is not here; give --golden FOLDER with weight manifests and --film FILE.`);
  return undefined;
}
