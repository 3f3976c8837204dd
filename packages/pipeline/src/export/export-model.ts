import { ConfigError, type AbortOptions, type ProgressListener } from '@crrg/core';
import { writingTo } from '@crrg/core/node';
import { writeTorchFile } from '@crrg/checkpoints/node';
import { checkBundleKeys } from '../import/check-keys.js';
import { openBundle, type ModelSource } from '../open-bundle.js';
import { withBundle } from '../runtime.js';
import { toCxrClip, toCxrClipProbe } from './cxr-clip.js';
import type { ExportedWeights, ExportSource } from './exported-weights.js';
import { modelKindOf, type ModelKind } from './model-kind.js';
import { writeOnnxExport } from './onnx.js';
import { requireEmptyFolder, requireNewFile } from './out-path.js';
import { toRgrg } from './rgrg.js';
import { writeSafetensorsExport, type ExportNames } from './safetensors.js';

/** For what {@link exportModel} writes: the program of RGRG or of CXR-CLIP, any reader of safetensors, any runtime for ONNX. */
export const EXPORT_TARGETS = ['rgrg', 'cxr-clip', 'cxr-clip-probe', 'safetensors', 'onnx'] as const;
/** One of {@link EXPORT_TARGETS}. */
export type ExportTarget = (typeof EXPORT_TARGETS)[number];

/** Options of {@link exportModel}. */
export interface ExportModelOptions extends AbortOptions {
  readonly to: ExportTarget;
  /** A new file; for `onnx` a new or empty folder. */
  readonly out: string;
  /** Names of the tensors in a safetensors file. @defaultValue 'ours' */
  readonly names?: ExportNames | undefined;
  /** Bytes that were written, or networks. */
  readonly onProgress?: ProgressListener | undefined;
}

/** What {@link exportModel} made. */
export interface ExportedModel {
  readonly kind: ModelKind;
  readonly name: string;
  /** In the folder of `onnx`; one file otherwise. */
  readonly files: readonly string[];
  /** Entries of the file, those with several names counted under each; for `onnx` the tensors of the model. */
  readonly tensorCount: number;
  /** What is not in the model, was filled in, or differs from what a program builds; a sentence each. */
  readonly notes: readonly string[];
}

const TORCH: Readonly<
  Record<'rgrg' | 'cxr-clip' | 'cxr-clip-probe', (source: ExportSource) => ExportedWeights>
> = {
  rgrg: toRgrg,
  'cxr-clip': toCxrClip,
  'cxr-clip-probe': toCxrClipProbe,
};

function requireOptions({ to, names }: ExportModelOptions): void {
  if (!EXPORT_TARGETS.includes(to))
    throw new ConfigError(
      `pipeline.exportModel: \`to\`: expected one of ${EXPORT_TARGETS.join(', ')}, got ${JSON.stringify(to)}; choose one.`,
    );
  if (names !== undefined && to !== 'safetensors')
    throw new ConfigError(
      `pipeline.exportModel: \`names\`: expected \`to\` safetensors, got ${to}, whose names are given; leave it out.`,
    );
}

/**
 * Writes a bundle for other programs: a file that the program of RGRG or CXR-CLIP loads strictly (every tensor under their names, what we leave out
 * filled in), one safetensors file, or the networks as ONNX models. Tensors are written one after the other; a name that is taken is never
 * written over.
 *
 * @example
 * ```ts
 * import { exportModel } from '@crrg/pipeline/export';
 *
 * const { notes } = await exportModel('runs/rrg/model', { to: 'rgrg', out: 'full_model.pt' });
 * for (const note of notes) console.log(note);
 * ```
 * @throws {ConfigError} for a target that does not fit the model, or an `out` that is taken
 * @throws {CheckpointError} for a bundle that is damaged
 * @throws {OutputError} where `out` cannot be written
 */
export async function exportModel(model: ModelSource, options: ExportModelOptions): Promise<ExportedModel> {
  const { to, out, names = 'ours', signal, onProgress } = options;
  requireOptions(options);
  await (to === 'onnx' ? requireEmptyFolder(out) : requireNewFile(out));
  const tiny = to.startsWith('cxr-clip') ? 'classifier' : 'weights';
  return withBundle(openBundle(model, tiny, { signal, onProgress }), async (bundle) => {
    checkBundleKeys(bundle);
    const { manifest, entries } = bundle;
    const kind = modelKindOf(manifest);
    const source = { kind, manifest, entries };
    const assumed = manifest.assumptions?.length
      ? [`assumed when the model was imported: ${manifest.assumptions.join(', ')}`]
      : [];
    const done = (files: readonly string[], tensorCount: number, notes: readonly string[] = []) => ({
      kind,
      name: manifest.name,
      files,
      tensorCount,
      notes: [...notes, ...assumed],
    });
    return writingTo(out, async () => {
      const progress = { signal, onProgress };
      if (to === 'onnx') {
        const { files, tensorCount } = await writeOnnxExport(out, { ...source, bundle }, progress);
        return done(files, tensorCount);
      }
      if (to === 'safetensors') {
        const { tensorCount, notes } = await writeSafetensorsExport(out, source, names, progress);
        return done([out], tensorCount, notes);
      }
      const { value, tensorCount, notes } = TORCH[to](source);
      await writeTorchFile(out, value, progress);
      return done([out], tensorCount, notes);
    });
  });
}
