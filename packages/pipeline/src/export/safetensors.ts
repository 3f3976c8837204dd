import { writeSafetensorsFile, type WriteWeightsFileOptions } from '@crrg/checkpoints/node';
import { withoutProbe } from './cxr-clip.js';
import type { ExportSource } from './exported-weights.js';
import { toReferenceNames, type Entries } from './reference-names.js';

/** Under whose names tensors are written. */
export type ExportNames = 'ours' | 'reference';

const POSITIONS =
  'positions are looked up in transformer.wpe, which the program of RGRG never reads; give crrg models import a --config with reportGen.positionTable "position"';

/** Only the reference's classifier has a probe, and no text encoder. */
function referenceEntries({ entries, kind }: ExportSource): { entries: Entries; notes: string[] } {
  if (kind !== 'contrastive') {
    const named = toReferenceNames(entries, kind);
    const hasOwnPositions = kind === 'report-model' && entries.has('reportGen.positionTable.weight');
    return { entries: named, notes: hasOwnPositions ? [POSITIONS] : [] };
  }
  const kept = withoutProbe(entries);
  const notes = kept.size < entries.size ? ['left out: the probe; export it with --to cxr-clip-probe'] : [];
  return { entries: toReferenceNames(kept, kind), notes };
}

/** Writes one safetensors file, whatever its size, with what the manifest says in its header. */
export async function writeSafetensorsExport(
  out: string,
  source: ExportSource,
  names: ExportNames,
  options: WriteWeightsFileOptions,
): Promise<{ readonly tensorCount: number; readonly notes: readonly string[] }> {
  const { manifest } = source;
  const { entries, notes } =
    names === 'ours' ? { entries: source.entries, notes: [] } : referenceEntries(source);
  const { name, version, config, preprocessing, labels, thresholds, licence, trainingData } = manifest;
  const described = { config, preprocessing, labels, thresholds };
  const texts = Object.entries(described).map(([field, value]) => [field, JSON.stringify(value)]);
  const metadata = { format: 'pt', name, version, licence, trainingData, ...Object.fromEntries(texts) };
  await writeSafetensorsFile(out, entries, metadata, options);
  return { tensorCount: entries.size, notes };
}
