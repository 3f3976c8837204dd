import { countParameters, type ParameterSpecs } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { parseRclipConfig } from './config.js';
import { imageFeatureDim, rclipSpecs } from './specs.js';

const trainable = (specs: ParameterSpecs, prefix = '') =>
  countParameters(
    Object.fromEntries(
      Object.entries(specs).filter(([name, spec]) => spec.trainable && name.startsWith(prefix)),
    ),
  );

describe('the parameters of R-CLIP', () => {
  const specs = rclipSpecs(parseRclipConfig({}));

  it('are as many as in the published architecture, less the unused pooler of BERT', () => {
    const pooler = 768 * 768 + 768;
    expect(trainable(specs, 'imageEncoder.')).toBe(23_508_032);
    expect(trainable(specs, 'textEncoder.')).toBe(108_310_272 - pooler);
    expect(trainable(specs, 'imageProjection.')).toBe(1_049_088);
    expect(trainable(specs, 'textProjection.')).toBe(393_728);
    expect(trainable(specs)).toBe(133_261_121 - pooler);
    expect(specs['logitScale']!.init).toEqual({ kind: 'constant', value: Math.log(1 / 0.07) });
  });

  it('are the image encoder and the probe for a model that only classifies', () => {
    const config = parseRclipConfig({ textEncoder: null, probe: { labels: ['Pneumonia'] } });
    const names = Object.keys(rclipSpecs(config));
    expect(names.filter((name) => !name.startsWith('imageEncoder.'))).toEqual(['probe.weight', 'probe.bias']);
    expect(rclipSpecs(config)['probe.weight']!.shape).toEqual([1, 2048]);
    expect(imageFeatureDim(config)).toBe(2048);
    // torchvision's trunk has 318 entries with one counter for each of its 53 batch norms.
    expect(names.length).toBe(318 - 53 + 2);
  });

  it('have a residual block in an MLP projection', () => {
    const names = Object.keys(rclipSpecs(parseRclipConfig({ projection: 'mlp' })));
    expect(names.filter((name) => name.startsWith('textProjection.'))).toEqual([
      'textProjection.linear.weight',
      'textProjection.linear.bias',
      'textProjection.residual.weight',
      'textProjection.residual.bias',
      'textProjection.norm.weight',
      'textProjection.norm.bias',
    ]);
  });
});
