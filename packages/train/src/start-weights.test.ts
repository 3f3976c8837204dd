import { CheckpointError, createRandom } from '@crrg/core';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { initializeParameters } from '@crrg/tensor';
import { describe, expect, it } from 'vitest';
import { RGRG_PREPROCESSING } from '@crrg/image';
import { partSpecs, rrgSpecs, type ModelPart, type Part, type ReportModel } from '@crrg/pipeline';
import { createTokenizer, trainBpe } from '@crrg/report-gen';
import { startRclipWeights, startWeights } from './start-weights.js';

const TRUNK = { imageSize: 64, stemWidth: 4, planes: [4, 4, 4, 8], blocks: [1, 1, 1, 1] };
const LANGUAGE = {
  numLayers: 1,
  numHeads: 2,
  width: 8,
  ffnWidth: 16,
  vocabSize: 20,
  numPositions: 12,
  bosTokenId: 19,
  eosTokenId: 19,
  padTokenId: 19,
  positionTable: 'position',
};
const TEXT = {
  vocabSize: 16,
  width: 8,
  numLayers: 1,
  numHeads: 2,
  ffnWidth: 12,
  numPositions: 8,
  maxLength: 8,
};
const CONFIGS: Readonly<Record<Part, object>> = {
  resnet50: { detector: { ...TRUNK, imageSize: 512 } },
  detector: { detector: { ...TRUNK, representationSize: 16, regionFeatureDim: 8, numRegions: 29 } },
  selector: {
    detector: { ...TRUNK, representationSize: 16, regionFeatureDim: 8, numRegions: 29 },
    regionSelector: { inputDim: 8, hidden: [8, 4], thresholdLogit: -0.5 },
  },
  gpt2: { reportGen: { ...LANGUAGE, regionFeatureDim: 8 } },
  'image-encoder': { rclip: { imageEncoder: { ...TRUNK, imageSize: 32 } } },
  bert: { rclip: { textEncoder: TEXT } },
};

function part(kind: Part): ModelPart {
  const config = { part: kind, ...CONFIGS[kind] };
  const weights = initializeParameters(partSpecs(kind, config), createRandom(77));
  return { part: kind, name: `my-${kind}`, version: '1', sha256: '0'.repeat(64), config, weights };
}

const SMALL = {
  detector: { imageSize: 64, representationSize: 16, regionFeatureDim: 8 },
  regionSelector: { hidden: [8, 4] },
};
const [backbone, detector, languageModel] = [part('resnet50'), part('detector'), part('gpt2')];

describe('start weights of the report model', () => {
  it('take a trunk and a GPT-2, and draw the rest from the seed', () => {
    const { config, weights, fresh, dropped } = startWeights({
      backbone,
      languageModel,
      config: SMALL,
      seed: 41,
    });
    expect(config).toMatchObject({
      detector: { ...TRUNK, regionFeatureDim: 8 },
      regionSelector: { inputDim: 8 },
      reportGen: { ...LANGUAGE, regionFeatureDim: 8 },
    });
    const specs = rrgSpecs(config);
    expect([...weights.keys()].sort()).toEqual(Object.keys(specs).sort());
    for (const { weights: given } of [backbone, languageModel])
      for (const [name, tensor] of given) expect(weights.get(name), name).toBe(tensor);
    const drawn = initializeParameters(specs, createRandom(41));
    for (const name of fresh) expect(weights.get(name), name).toEqual(drawn.get(name));
    expect(fresh.length).toBe(weights.size - backbone.weights.size - languageModel.weights.size);
    expect(fresh).toEqual(
      expect.arrayContaining([
        'detector.backbone.conv1.weight',
        'detector.rpn.conv.weight',
        'regionSelector.selection.fc1.weight',
        'reportGen.featureMlp.fc1.weight',
        'reportGen.layers.0.attention.imageKey.weight',
      ]),
    );
    expect(fresh.some((name) => /backbone\.(bn1|layer)|tokenTable|attention\.qkv/.test(name))).toBe(false);
    expect(dropped).toEqual([]);
  });

  it('take a whole detector, with its widths for the other networks', () => {
    const { config, weights, fresh } = startWeights({
      detector,
      languageModel,
      config: { regionSelector: { hidden: [8, 4] } },
      seed: 1,
    });
    expect(config.regionSelector.inputDim).toBe(8);
    expect(weights.get('detector.boxHead.fc6.weight')).toBe(
      detector.weights.get('detector.boxHead.fc6.weight'),
    );
    expect(fresh.filter((name) => name.startsWith('detector.'))).toEqual([]);
  });

  it('take a selector over a whole model, whose other networks stay', () => {
    const whole = startWeights({ detector, languageModel, config: SMALL, seed: 3 });
    const model: ReportModel = {
      ...{
        name: 'whole',
        version: '1',
        sha256: '1'.repeat(64),
        tokenizer: createTokenizer(trainBpe([], { vocabSize: 257 })),
      },
      ...{ config: whole.config, preprocessing: RGRG_PREPROCESSING, weights: whole.weights },
    };
    const selector = part('selector');
    const { config, weights, fresh } = startWeights({ model, selector, seed: 1 });
    expect(fresh).toEqual([]);
    expect(config).toEqual({
      ...whole.config,
      regionSelector: { ...whole.config.regionSelector, thresholdLogit: -0.5 },
    });
    for (const [name, tensor] of weights)
      expect(tensor, name).toBe((name.startsWith('reportGen.') ? whole : selector).weights.get(name));
    expect(() => startWeights({ model, selector, detector, seed: 1 })).toThrow('got detector and selector;');
  });

  it('have only the networks that are of use', () => {
    const options = { backbone, languageModel, config: SMALL, seed: 41 };
    const { weights, dropped } = startWeights({ ...options, networks: ['detector'] });
    const all = startWeights(options);
    expect(dropped).toEqual([]);
    expect([...weights.keys()]).toEqual(
      [...all.weights.keys()].filter((name) => name.startsWith('detector.')),
    );
    for (const [name, tensor] of weights) expect(tensor, name).toEqual(all.weights.get(name));
  });

  it('drop the position table of a GPT-2 only where the configuration does not read it', () => {
    const config = { ...SMALL, reportGen: { positionTable: 'token' } };
    const { dropped, weights } = startWeights({ backbone, languageModel, config, seed: 1 });
    expect(dropped).toEqual(['reportGen.positionTable.weight']);
    expect(weights.has('reportGen.positionTable.weight')).toBe(false);
  });

  it('are refused where a part has other sizes than the configuration, all names at once', () => {
    const config = { ...SMALL, reportGen: { ffnWidth: 32 } };
    const start = () => startWeights({ backbone, languageModel, config, seed: 1 });
    expect(start).toThrow(CheckpointError);
    expect(start).toThrow(
      /got 3 tensors that do not fit: .*layers\.0\.ffn\.expand\.weight must be \[8, 32\], got \[8, 16\]/,
    );
    const deeper = { ...SMALL, detector: { ...SMALL.detector, blocks: [1, 1, 1, 2] } };
    expect(startWeights({ backbone, languageModel, config: deeper, seed: 1 }).fresh).toContain(
      'detector.backbone.layer4.1.bn1.weight',
    );
    const odd = {
      ...languageModel,
      weights: new Map([
        ...languageModel.weights,
        ['reportGen.constructor', backbone.weights.values().next().value!],
      ]),
    };
    expect(() => startWeights({ languageModel: odd, config: SMALL, seed: 1 })).toThrow(
      'unexpected reportGen.constructor',
    );
  });

  it('are refused for a part in the place of another, and for two trunks', () => {
    expect(() => startWeights({ backbone: languageModel, seed: 1 })).toThrow(
      'expected the part resnet50 as backbone, got my-gpt2, which is the part gpt2; import one with crrg models import --kind resnet50.',
    );
    expect(() => startWeights({ languageModel: detector, seed: 1 })).toThrow(
      'expected the part gpt2 as languageModel',
    );
    expect(() => startWeights({ detector: backbone, seed: 1 })).toThrow(
      'expected the part detector as detector',
    );
    expect(() => startWeights({ backbone, detector, seed: 1 })).toThrow(
      'expected a backbone or a detector, got both',
    );
  });
});

describe('start weights of the contrastive model', () => {
  const [imageEncoder, textEncoder] = [part('image-encoder'), part('bert')];

  it('take both encoders; projections and temperature are fresh', () => {
    const { config, weights, fresh } = startRclipWeights({
      imageEncoder,
      textEncoder,
      config: { embeddingDim: 6 },
      seed: 3,
    });
    expect(config).toEqual(
      parseRclipConfig({ imageEncoder: { ...TRUNK, imageSize: 32 }, textEncoder: TEXT, embeddingDim: 6 }),
    );
    expect([...weights.keys()].sort()).toEqual(Object.keys(rclipSpecs(config)).sort());
    for (const { weights: given } of [imageEncoder, textEncoder])
      for (const [name, tensor] of given) expect(weights.get(name), name).toBe(tensor);
    expect([...fresh].sort()).toEqual([
      'imageProjection.linear.bias',
      'imageProjection.linear.weight',
      'logitScale',
      'textProjection.linear.bias',
      'textProjection.linear.weight',
    ]);
    expect(weights.get('logitScale')!.data[0]).toBeCloseTo(Math.log(1 / 0.07), 5);
  });

  it('are refused for the trunk of the report model, which has no stem', () => {
    expect(() => startRclipWeights({ imageEncoder: backbone, textEncoder, seed: 3 })).toThrow(
      'expected the part image-encoder as imageEncoder, got my-resnet50, which is the part resnet50',
    );
    expect(() => startRclipWeights({ imageEncoder, textEncoder: imageEncoder, seed: 3 })).toThrow(
      'as textEncoder',
    );
  });
});
