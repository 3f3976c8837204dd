import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSafetensors } from '@crrg/checkpoints';
import { readBundle } from '@crrg/checkpoints/node';
import { createRandom } from '@crrg/core';
import { loadRclipModel } from '@crrg/pipeline';
import { parseRclipConfig, rclipSpecs, type RclipConfig } from '@crrg/rclip';
import { initializeParameters, zeros, type HostTensor } from '@crrg/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../main.js';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'no', 'heart'];

const config = parseRclipConfig({
  imageEncoder: { imageSize: 64, stemWidth: 4, planes: [2, 2, 2, 3], blocks: [1, 2, 1, 1] },
  textEncoder: {
    vocabSize: VOCABULARY.length,
    width: 8,
    numLayers: 2,
    numHeads: 2,
    ffnWidth: 12,
    numPositions: 16,
    maxLength: 16,
  },
  embeddingDim: 6,
});

/** Our names to those of CXR-CLIP. */
const THEIRS: readonly (readonly [RegExp, string])[] = [
  [/^logitScale$/, 'logit_scale'],
  [/^imageEncoder\./, 'image_encoder.resnet.'],
  [/^(image|text)Projection\.linear/, '$1_projection.projection'],
  [/^probe\./, 'classifier.classification_head.'],
  [/^textEncoder\.layers/, 'textEncoder.encoder.layer'],
  [/\.attention\.output\./, '.attention.output.dense.'],
  [/\.attention\.(query|key|value)\./, '.attention.self.$1.'],
  [/\.attentionNorm\./, '.attention.output.LayerNorm.'],
  [/\.ffn\.expand\./, '.intermediate.dense.'],
  [/\.ffn\.reduce\./, '.output.dense.'],
  [/\.ffnNorm\./, '.output.LayerNorm.'],
  [/\.embeddingNorm\./, '.embeddings.LayerNorm.'],
  [/\.tokenTable\./, '.embeddings.word_embeddings.'],
  [/\.positionTable\./, '.embeddings.position_embeddings.'],
  [/\.typeTable\./, '.embeddings.token_type_embeddings.'],
  [/^textEncoder\./, 'text_encoder.text_encoder.'],
];

const theirName = (ours: string) => THEIRS.reduce((name, [from, to]) => name.replace(from, to), ours);

function theirWeights(of: RclipConfig, extra: Record<string, HostTensor> = {}): Map<string, HostTensor> {
  const ours = initializeParameters(rclipSpecs(of), createRandom(3));
  return new Map([
    ...[...ours].map(([name, tensor]) => [theirName(name), tensor] as const),
    ...Object.entries(extra),
  ]);
}

let folder: string;
const inside = (name: string) => path.join(folder, name);

async function crrg(...args: readonly string[]) {
  let [out, err] = ['', ''];
  const stdout = { write: (text: string) => (out += text) };
  const code = await runCli(args, { stdout, stderr: { write: (text: string) => (err += text) } });
  return { code, out, err };
}

async function save(name: string, weights: Map<string, HostTensor>): Promise<string> {
  await writeFile(inside(name), encodeSafetensors(weights));
  return inside(name);
}

async function load(name: string) {
  const bundle = await readBundle(inside(name));
  try {
    return await loadRclipModel(bundle);
  } finally {
    await bundle.close();
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crrg-import-'));
  await writeFile(inside('vocab.txt'), `${VOCABULARY.join('\n')}\n`);
  await writeFile(
    inside('sizes.json'),
    JSON.stringify({
      rclip: { imageEncoder: { imageSize: 64 }, textEncoder: { numHeads: 2 }, initialTemperature: 0.07 },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('crrg models import of R-CLIP', () => {
  it('converts CXR-CLIP whole, with its vocabulary, so that it loads again', async () => {
    const weights = theirWeights(config, {
      'text_encoder.text_encoder.pooler.dense.weight': zeros('float32', [8, 8]),
      'image_encoder.resnet.bn1.num_batches_tracked': zeros('float32', []),
    });
    const file = await save('r50.tar', weights);
    const { code, out } = await crrg(
      'models',
      'import',
      file,
      '--out',
      inside('clip'),
      '--config',
      inside('sizes.json'),
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: `r50: a whole contrastive model; ${Object.keys(rclipSpecs(config)).length} tensors in ${inside('clip')}\n`,
    });
    const model = await load('clip');
    expect(model.config).toEqual(config);
    expect(model.preprocessing).toEqual({
      size: 64,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    expect(model.tokenizer!.encode('No heart', { maxLength: 16 }).tokenIds).toEqual([2, 5, 6, 3]);
    const name = 'textEncoder.layers.1.ffn.reduce.weight';
    expect(model.weights.get(name)!.data).toEqual(weights.get(theirName(name))!.data);
    expect((await crrg('models', 'verify', inside('clip'))).out).toMatch(/: contrastive model; /);
  });

  const probeOf = (outputs: number) =>
    parseRclipConfig({
      ...config,
      textEncoder: null,
      probe: { labels: Array.from({ length: outputs }, (_, index) => `Output ${index}`) },
    });
  const importProbe = async (name: string, outputs: number, ...options: string[]) =>
    crrg(
      ...['models', 'import', await save(`${name}.tar`, theirWeights(probeOf(outputs)))],
      '--out',
      inside(name),
      ...options,
    );

  it('gives the outputs of a probe names that claim nothing, says so, and keeps it for every answer', async () => {
    const { code, err } = await importProbe('siim_pneumothorax', 1);
    expect({ code, err }).toEqual({
      code: 0,
      err: 'crrg: warning: not in the file, assumed: rclip.imageEncoder.imageSize 224; labels Label 1; thresholds 0.5; set with --config, --labels, --thresholds\n',
    });
    const model = await load('siim_pneumothorax');
    expect(model.config.probe).toEqual({ labels: ['Label 1'], thresholds: [0.5], temperatures: [1] });
    expect(model.assumptions).toEqual(['config.rclip.imageEncoder.imageSize', 'labels', 'thresholds']);
    expect(model.tokenizer).toBeUndefined();
    expect((await crrg('models', 'verify', inside('siim_pneumothorax'))).out).toMatch(
      /contrastive model with a classifier/,
    );
    const info = await crrg('models', 'info', inside('siim_pneumothorax'));
    expect(info.out).toMatch(/assumed +config.rclip.imageEncoder.imageSize, labels, thresholds/);
    expect(info.out).toMatch(/labels +Label 1\n/);
    expect(info.out).toMatch(/thresholds +0.5\n/);
  });

  it('names the outputs of a probe with --labels and --thresholds', async () => {
    const named = await importProbe('named', 2, '--labels', 'Pneumothorax, Edema');
    expect(named.err).toContain(
      'assumed: rclip.imageEncoder.imageSize 224; thresholds 0.5; set with --config, --thresholds',
    );
    expect((await load('named')).config.probe).toMatchObject({
      labels: ['Pneumothorax', 'Edema'],
      thresholds: [0.5, 0.5],
    });
    const sizes = ['--config', inside('probe-size.json')];
    await writeFile(inside('probe-size.json'), '{"rclip": {"imageEncoder": {"imageSize": 64}}}');
    const whole = await importProbe('whole-probe', 2, '--labels', 'A,B', '--thresholds', '0.2,0.7', ...sizes);
    expect(whole).toMatchObject({ code: 0, err: '' });
    const model = await load('whole-probe');
    expect(model.config.probe).toMatchObject({ labels: ['A', 'B'], thresholds: [0.2, 0.7] });
    expect(model.assumptions).toBeUndefined();
  });

  it.each([
    [['--labels', 'A,B,C'], 1, 'expected 2 labels, one for each output, got 3; name every output.'],
    [['--thresholds', '0.5'], 2, 'probe.thresholds must have one entry per label (2), got 1'],
    [['--labels', 'A,A'], 2, '--labels: expected different names between commas'],
    [
      ['--labels', 'A,B', '--thresholds', '0.5'],
      2,
      '--thresholds: expected one for each of 2 labels, got 1.',
    ],
  ])('refuses %j for a probe of two outputs', async (options, code, message) => {
    const result = await importProbe('misfit', 2, ...options);
    expect(result.err).toContain(message);
    expect(result.code).toBe(code);
  });

  it('refuses labels for a model without a classifier', async () => {
    const file = await save('no-probe.tar', theirWeights(config));
    const { code, err } = await crrg('models', 'import', file, '--out', inside('x'), '--labels', 'A');
    expect({ code, err }).toEqual({
      code: 2,
      err: 'crrg: --labels: expected a classifier (cxr-clip-probe), got cxr-clip; leave it out.\n',
    });
  });

  it.each([
    ['probe.weight', NaN, 'probe.weight has 1 numbers that are not finite (the first NaN at 0)'],
    [
      'imageEncoder.bn1.running_var',
      -2,
      'imageEncoder.bn1.running_var has 1 negative variances (the first -2 at 0)',
    ],
  ])('refuses a %s of %s by name and writes no bundle', async (name, value, message) => {
    const weights = theirWeights(probeOf(1));
    weights.get(theirName(name))!.data[0] = value;
    const { code, err } = await crrg(
      'models',
      'import',
      await save('broken.tar', weights),
      '--out',
      inside('broken'),
    );
    expect(code).toBe(1);
    expect(err).toContain(message);
    await expect(load('broken')).rejects.toThrow('manifest.json');
  });

  it('refuses the Swin variant, a missing tensor, and a vocabulary of another model', async () => {
    const swin = await save(
      'swin.tar',
      new Map([
        ['logit_scale', zeros('float32', [])],
        ['image_encoder.image_encoder.layernorm.weight', zeros('float32', [8])],
      ]),
    );
    const refused = await crrg('models', 'import', swin, '--out', inside('x'));
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('expected CXR-CLIP with the ResNet image encoder, got another (Swin)');

    const incomplete = theirWeights(config);
    incomplete.delete('text_projection.projection.bias');
    const file = await save('incomplete.tar', incomplete);
    const { err } = await crrg('models', 'import', file, '--out', inside('x'));
    expect(err).toContain('missing textProjection.linear.bias');

    await writeFile(inside('other.txt'), `${[...VOCABULARY, 'more'].join('\n')}\n`);
    const whole = await save('whole.tar', theirWeights(config));
    const other = await crrg('models', 'import', whole, '--out', inside('x'), '--vocab', inside('other.txt'));
    expect(other.err).toContain('expected a vocabulary of 7 tokens, got 8; pass the one of this model.');
  });
});
