import type { BundleManifest } from '@crrg/checkpoints';
import { CheckpointError } from '@crrg/core';
import { isPart, partName, type Part } from '../models/model-part.js';

/** What a bundle holds: a whole report model, a contrastive model, a classifier alone, or a part of a model. */
export type ModelKind = 'report-model' | 'contrastive' | 'classifier' | Part;

/** @throws {CheckpointError} for a bundle of another kind */
export function modelKindOf(manifest: Pick<BundleManifest, 'config' | 'name'>): ModelKind {
  const { config, name } = manifest;
  const part = partName(manifest);
  if (isPart(part)) return part;
  if ('reportGen' in config && 'detector' in config) return 'report-model';
  const rclip = config['rclip'] as { readonly textEncoder?: unknown } | undefined;
  if (rclip && part === undefined) return rclip.textEncoder === null ? 'classifier' : 'contrastive';
  throw new CheckpointError(
    `pipeline.exportModel: expected a report model, R-CLIP or a part of one, got ${name} with ${Object.keys(config).join(', ') || 'nothing'}; export a bundle of crrg models import or crrg train.`,
  );
}
