import type { TensorEntry } from '@crrg/checkpoints';
import { detectorSpecs, DEFAULT_DETECTOR_CONFIG } from '@crrg/detector';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { prefixSpecs, type ParameterSpecs } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { toRclipManifest } from '../models/rclip-model.js';
import { parseRrgConfig, rrgSpecs } from '../models/rrg-config.js';
import { toCxrClip, toCxrClipProbe } from './cxr-clip.js';
import type { ExportedWeights } from './exported-weights.js';
import type { ModelKind } from './model-kind.js';
import { toRgrg } from './rgrg.js';

/** A source at full size whose tensors have no bytes. */
function sourceOf(
  kind: ModelKind,
  specs: ParameterSpecs,
  fields: { config: object; labels?: readonly string[] },
) {
  const entries = new Map(
    Object.entries(specs).map(([name, { shape }]) => [
      name,
      { name, dtype: 'float32', shape } as TensorEntry,
    ]),
  );
  const manifest = { name: 'full', preprocessing: {}, labels: [], thresholds: {}, ...fields } as never;
  return { kind, entries, manifest };
}

const stateOf = ({ value }: ExportedWeights) =>
  ((value as Map<string, unknown>).get('model') ?? value) as Map<string, { shape: number[] }>;

describe('at full size', () => {
  const config = parseRrgConfig({});
  const exported = toRgrg(sourceOf('report-model', rrgSpecs(config), { config }));
  const state = stateOf(exported);

  it('RGRG has 1,662 names of 788 tensors', () => {
    expect(state.size).toBe(1662);
    expect(new Set(state.values()).size).toBe(788);
  });

  it('334 are of the detector, 14 of the classifiers, 1,314 of the language model', () => {
    const count = (start: string) => [...state.keys()].filter((name) => name.startsWith(start)).length;
    expect(['object_detector.', 'binary_classifier_', 'language_model.'].map(count)).toEqual([334, 14, 1314]);
    const shape = (name: string) => state.get(name)!.shape;
    expect(shape('object_detector.rpn.head.conv.0.0.weight')).toEqual([2048, 2048, 3, 3]);
    expect(shape('language_model.gpt.h.23.mlp.c_fc.weight')).toEqual([1024, 4096]);
    expect(shape('language_model.wpe.weight')).toEqual([1024, 1024]);
  });

  it('no setting of the published model is said to differ', () => {
    expect(exported.notes.some((note) => note.includes('written in its code'))).toBe(false);
  });

  it('a stage-1 detector is the bare state of 334 names', () => {
    const specs = prefixSpecs('detector', detectorSpecs(DEFAULT_DETECTOR_CONFIG));
    const part = { part: 'detector', detector: DEFAULT_DETECTOR_CONFIG };
    const detector = stateOf(toRgrg(sourceOf('detector', specs, { config: part })));
    expect(detector.size).toBe(334);
    expect([...detector.keys()].every((name) => state.has(`object_detector.${name}`))).toBe(true);
  });

  it('CXR-CLIP has 522 names, its probe 320, and nothing differs', () => {
    const rclip = parseRclipConfig({ probe: { labels: ['Pneumonia'] } });
    const manifest = toRclipManifest(rclip);
    const whole = toCxrClip(sourceOf('contrastive', rclipSpecs(rclip), manifest));
    const probe = toCxrClipProbe(sourceOf('contrastive', rclipSpecs(rclip), manifest));
    expect([stateOf(whole).size, stateOf(probe).size]).toEqual([522, 320]);
    expect([...whole.notes, ...probe.notes].some((note) => note.includes('written in its code'))).toBe(false);
    const names = [...stateOf(whole).keys()];
    expect(names).toContain('text_encoder.text_encoder.encoder.layer.11.output.LayerNorm.weight');
    const layer = 'text_encoder.text_encoder.encoder.layer.0.';
    const attention = names.filter((name) => name.startsWith(`${layer}attention.`) && name.endsWith('bias'));
    expect(attention.map((name) => name.slice(layer.length)).sort()).toEqual([
      'attention.output.LayerNorm.bias',
      'attention.output.dense.bias',
      'attention.self.key.bias',
      'attention.self.query.bias',
      'attention.self.value.bias',
    ]);
    expect(names).toContain('text_encoder.text_encoder.pooler.dense.bias');
    expect(names).toContain('image_encoder.resnet.layer4.2.bn3.num_batches_tracked');
    expect(stateOf(probe).has('classifier.classification_head.weight')).toBe(true);
  });
});
