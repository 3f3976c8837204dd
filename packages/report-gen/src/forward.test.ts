import {
  float32,
  gradients,
  int32,
  runToHost,
  trace,
  type HostTensor,
  type InputSpec,
  type Ops,
  type Parameters,
  type Tensor,
} from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import { wideWeights } from './__fixtures__/wide-weights.js';
import { parseReportGenConfig, type ReportGenConfig } from './config.js';
import { languageModel, languageModelLoss } from './forward.js';
import { reportGenSpecs } from './specs.js';

const CONFIG = parseReportGenConfig({
  numLayers: 2,
  numHeads: 2,
  width: 8,
  ffnWidth: 16,
  vocabSize: 12,
  numPositions: 10,
  regionFeatureDim: 6,
  bosTokenId: 11,
  eosTokenId: 11,
  padTokenId: 11,
});

const microWeights = (config: ReportGenConfig) => wideWeights(config, 5, 0.7);

const FEATURES = float32([2, 6], [1, -1, 0.5, 0.2, -0.3, 0.8, -0.5, 0.4, 1, -1, 0.6, 0.1]);
const INPUTS: Record<string, InputSpec> = {
  tokenIds: { shape: ['S', 'T'], dtype: 'int32' },
  attentionMask: { shape: ['S', 'T'] },
  positionIds: { shape: ['S', 'T'], dtype: 'int32' },
  regionFeatures: { shape: ['S', 6] },
};

async function evaluate(
  config: ReportGenConfig,
  inputs: Record<string, HostTensor>,
  outputs: (
    ops: Ops,
    logits: Tensor,
    scope: { inputs: Readonly<Record<string, Tensor>>; parameters: Parameters },
  ) => Record<string, Tensor>,
): Promise<Record<string, HostTensor>> {
  const used = Object.fromEntries(Object.entries(INPUTS).filter(([name]) => name in inputs));
  const graph = trace({ inputs: used, parameters: reportGenSpecs(config) }, (ops, scope) => {
    const { tokenIds, attentionMask, regionFeatures, positionIds } = scope.inputs;
    const { logits } = languageModel(
      ops,
      scope.parameters,
      { tokenIds: tokenIds!, attentionMask: attentionMask!, regionFeatures: regionFeatures!, positionIds },
      config,
    );
    return outputs(ops, logits, scope);
  });
  const backend = createReferenceBackend();
  const executable = await backend.compile(graph, { weights: microWeights(config) });
  return runToHost(executable, inputs);
}

const logitsOf = async (config: ReportGenConfig, inputs: Record<string, HostTensor>) =>
  (await evaluate(config, inputs, (_, logits) => ({ logits })))['logits']!.data as Float32Array;

const row = (values: Float32Array, sequence: number, token: number, tokens: number) => [
  ...values.slice((sequence * tokens + token) * 12, (sequence * tokens + token + 1) * 12),
];

function expectClose(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, digits));
}

const TOKENS = { tokenIds: int32([2, 4], [11, 3, 7, 11, 11, 5, 11, 11]), regionFeatures: FEATURES };
const MASK = float32([2, 4], [1, 1, 1, 1, 1, 1, 1, 0]);

describe('the language model', () => {
  it('does not let a token see later ones', async () => {
    const changed = { ...TOKENS, tokenIds: int32([2, 4], [11, 3, 7, 2, 11, 5, 1, 2]) };
    const a = await logitsOf(CONFIG, { ...TOKENS, attentionMask: MASK });
    const b = await logitsOf(CONFIG, { ...changed, attentionMask: MASK });
    expectClose(row(a, 0, 2, 4), row(b, 0, 2, 4), 12);
    expect(row(a, 0, 3, 4)).not.toEqual(row(b, 0, 3, 4));
  });

  it('lets every token see the image', async () => {
    const blank = float32([2, 6], new Float32Array(12));
    const a = await logitsOf(CONFIG, { ...TOKENS, attentionMask: MASK });
    const b = await logitsOf(CONFIG, { ...TOKENS, regionFeatures: blank, attentionMask: MASK });
    for (const token of [0, 1, 2, 3]) expect(row(a, 0, token, 4)).not.toEqual(row(b, 0, token, 4));
  });

  it('gives the same logits for padding on the left and on the right', async () => {
    const right = await logitsOf(CONFIG, { ...TOKENS, attentionMask: MASK });
    const left = await logitsOf(CONFIG, {
      tokenIds: int32([2, 4], [11, 3, 7, 11, 9, 11, 5, 11]),
      attentionMask: float32([2, 4], [1, 1, 1, 1, 0, 1, 1, 1]),
      positionIds: int32([2, 4], [0, 1, 2, 3, 1, 0, 1, 2]),
      regionFeatures: FEATURES,
    });
    for (const token of [0, 1, 2]) expectClose(row(left, 1, token + 1, 4), row(right, 1, token, 4));
  });

  it('looks positions up in the token table by default and in the position table where configured', async () => {
    const ids = { ...TOKENS, attentionMask: MASK };
    const own: ReportGenConfig = { ...CONFIG, positionTable: 'position' };
    expect('positionTable.weight' in reportGenSpecs(CONFIG)).toBe(false);
    expect('positionTable.weight' in reportGenSpecs(own)).toBe(true);
    expect(await logitsOf(own, ids)).not.toEqual(await logitsOf(CONFIG, ids));
    // With the token table, position p adds the vector of token p: swapping both tables' roles changes nothing at token = position.
    const swapped = {
      ...ids,
      tokenIds: int32([2, 4], [2, 3, 7, 11, 11, 5, 11, 11]),
      positionIds: int32([2, 4], [0, 1, 2, 3, 0, 1, 2, 3]),
    };
    const roles = {
      ...ids,
      tokenIds: int32([2, 4], [0, 3, 7, 11, 11, 5, 11, 11]),
      positionIds: int32([2, 4], [2, 1, 2, 3, 0, 1, 2, 3]),
    };
    expectClose(
      row(await logitsOf(CONFIG, swapped), 0, 0, 4),
      row(await logitsOf(CONFIG, roles), 0, 0, 4),
      6,
    );
    expect(row(await logitsOf(own, swapped), 0, 0, 4)).not.toEqual(row(await logitsOf(own, roles), 0, 0, 4));
  });
});

describe('dropout', () => {
  it('is offered every place at which the reference drops activations, and may change what goes on', async () => {
    const sites: string[] = [];
    const graph = trace(
      { inputs: INPUTS, parameters: reportGenSpecs(CONFIG) },
      (ops, { inputs, parameters }) => {
        const { tokenIds, attentionMask, regionFeatures, positionIds } = inputs;
        const network = {
          tokenIds: tokenIds!,
          attentionMask: attentionMask!,
          regionFeatures: regionFeatures!,
          positionIds,
          dropout: (x: Tensor, site: string) => {
            sites.push(site);
            return site === 'embedding' ? ops.mul(x, 0) : x;
          },
        };
        return { logits: languageModel(ops, parameters, network, CONFIG).logits };
      },
    );
    const layers = [0, 1].flatMap((layer) =>
      ['attention.weights', 'attention.output', 'ffn'].map((site) => `layers.${layer}.${site}`),
    );
    expect(sites).toEqual(['embedding', ...layers]);
    const executable = await createReferenceBackend().compile(graph, { weights: microWeights(CONFIG) });
    const positionIds = int32([2, 4], [0, 1, 2, 3, 0, 1, 2, 3]);
    const run = async (tokenIds: HostTensor) =>
      (await runToHost(executable, { ...TOKENS, tokenIds, attentionMask: MASK, positionIds }))['logits']!;
    // Without token and position vectors the ids make no difference.
    expect(await run(int32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]))).toEqual(await run(TOKENS.tokenIds));
  });
});

describe('the language loss', () => {
  const loss = async (attentionMask: HostTensor) => {
    const { value, logits } = await evaluate(
      CONFIG,
      { ...TOKENS, attentionMask },
      (ops, logits, { inputs }) => ({
        logits,
        value: languageModelLoss(ops, logits, inputs['tokenIds']!, inputs['attentionMask']!),
      }),
    );
    return { value: value!.data[0]!, logits: logits!.data as Float32Array };
  };

  const negativeLogProb = (values: readonly number[], token: number) =>
    Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0)) - values[token]!;

  it('learns the end of text and ignores padding, which has the same id', async () => {
    const { value, logits } = await loss(MASK);
    const terms = [
      negativeLogProb(row(logits, 0, 0, 4), 3),
      negativeLogProb(row(logits, 0, 1, 4), 7),
      negativeLogProb(row(logits, 0, 2, 4), 11),
      negativeLogProb(row(logits, 1, 0, 4), 5),
      negativeLogProb(row(logits, 1, 1, 4), 11),
    ];
    expect(value).toBeCloseTo(terms.reduce((a, b) => a + b) / terms.length, 5);
  });

  it('is 0 where there is nothing to predict', async () => {
    expect((await loss(float32([2, 4], [1, 0, 0, 0, 1, 0, 0, 0]))).value).toBe(0);
  });

  it('has gradients for the image projections of every layer', async () => {
    const names = [
      'layers.0.attention.imageKey.weight',
      'layers.1.attention.imageValue.bias',
      'featureMlp.fc1.weight',
    ];
    const found = await evaluate(
      CONFIG,
      { ...TOKENS, attentionMask: MASK },
      (ops, logits, { inputs, parameters }) => {
        const value = languageModelLoss(ops, logits, inputs['tokenIds']!, inputs['attentionMask']!);
        const wrt = names.map((name) => parameters.get(name));
        return Object.fromEntries(
          gradients(ops, value, wrt).map((gradient, index) => [names[index]!, gradient]),
        );
      },
    );
    for (const name of names)
      expect(Math.max(...(found[name]!.data as Float32Array).map(Math.abs))).toBeGreaterThan(1e-4);
  });
});
