import path from 'node:path';
import { exportGraph, type ExportedGraph } from '@crrg/backend-onnx';
import { readTensors, type Bundle } from '@crrg/checkpoints';
import type { AbortOptions, ProgressListener } from '@crrg/core';
import { stageFile, writeFully, type StagedFile } from '@crrg/core/node';
import type { HostTensor } from '@crrg/tensor';
import type { ExportSource } from './exported-weights.js';
import { networksOf, type Network } from './networks.js';

/** What {@link writeOnnxExport} writes. */
export interface OnnxExportSource extends ExportSource {
  readonly bundle: Bundle;
}

interface ExportOptions extends AbortOptions {
  readonly onProgress?: ProgressListener | undefined;
}

const DATA_FILE = (name: string) => `${name}.weights.bin`;

async function weightsOf(
  { entries }: ExportSource,
  { prefix }: Network,
  options: AbortOptions,
): Promise<Map<string, HostTensor>> {
  const own = [...entries].filter(([name]) => name.startsWith(prefix));
  const tensors = new Map(own.map(([name, entry]) => [name.slice(prefix.length), entry]));
  return readTensors(tensors, options);
}

/** Stages the external data of a model, with zeros between the aligned pieces. */
function stageData(file: string, { external }: ExportedGraph): Promise<StagedFile> {
  return stageFile(file, async (handle) => {
    let at = 0;
    for (const { offset, bytes } of external) {
      await writeFully(handle, new Uint8Array(offset - at));
      await writeFully(handle, bytes);
      at = offset + bytes.length;
    }
  });
}

/** The files of one network, staged, and what the description says of it. */
async function stageNetwork(out: string, source: OnnxExportSource, network: Network, options: ExportOptions) {
  const { name, does } = network;
  options.onProgress?.({ type: 'stage-start', stage: `onnx.${name}` });
  const started = performance.now();
  const dataFile = DATA_FILE(name);
  const model = exportGraph(network.trace(), await weightsOf(source, network, options), { dataFile });
  const staged = [
    await stageFile(path.join(out, `${name}.onnx`), (handle) => writeFully(handle, model.bytes)),
    ...(model.external.length > 0 ? [await stageData(path.join(out, dataFile), model)] : []),
  ];
  const { inputs, outputs, external } = model;
  const data = external.length > 0 ? { data: dataFile } : {};
  options.onProgress?.({ type: 'stage-end', stage: `onnx.${name}`, durationMs: performance.now() - started });
  return { staged, description: { file: `${name}.onnx`, ...data, does, inputs, outputs } };
}

/** Files of the tokenizer, as the bundle has them. */
async function stageTokenizer(out: string, { bundle }: OnnxExportSource): Promise<StagedFile[]> {
  const files = bundle.manifest.files.filter(({ role }) => role === 'tokenizer');
  return Promise.all(
    files.map(async (file) => {
      const bytes = await bundle.readFile(file.path);
      return stageFile(path.join(out, file.path), (handle) => writeFully(handle, bytes));
    }),
  );
}

/**
 * Writes every network of a model as `NAME.onnx`, and `export.json`, which says what they take and give. Nothing has its name before
 * everything is written.
 * @throws {ConfigError} for a part that computes nothing alone
 */
export async function writeOnnxExport(
  out: string,
  source: OnnxExportSource,
  options: ExportOptions,
): Promise<{ readonly files: string[]; readonly tensorCount: number }> {
  const { manifest, sha256 } = source.bundle;
  const networks = networksOf(source);
  const staged: StagedFile[] = [];
  try {
    const descriptions: { readonly file: string; readonly data?: string }[] = [];
    for (const network of networks) {
      options.signal?.throwIfAborted();
      const { staged: files, description } = await stageNetwork(out, source, network, options);
      staged.push(...files);
      descriptions.push(description);
    }
    const tokenizerFiles = await stageTokenizer(out, source);
    staged.push(...tokenizerFiles);
    const { name, version, config, preprocessing, labels, thresholds, tokenizer, licence } = manifest;
    const model = { name, version, sha256, licence };
    const meaning = { config, preprocessing, labels, thresholds, tokenizer };
    const description = { schema: 'crrg/onnx-export/1', model, ...meaning, networks: descriptions };
    const text = new TextEncoder().encode(`${JSON.stringify(description, undefined, 2)}\n`);
    staged.push(await stageFile(path.join(out, 'export.json'), (handle) => writeFully(handle, text)));
    options.signal?.throwIfAborted();
    for (const file of staged) await file.commit();
    const files = descriptions.flatMap(({ file, data }) => (data ? [file, data] : [file]));
    return { files: [...files, 'export.json'], tensorCount: source.entries.size };
  } finally {
    for (const file of staged) await file.discard();
  }
}
