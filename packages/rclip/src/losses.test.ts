import { float32, gradients, runToHost, trace, type Tensor } from '@crrg/tensor';
import { createReferenceBackend } from '@crrg/tensor/testing';
import { describe, expect, it } from 'vitest';
import {
  contrastiveLosses,
  convirtLosses,
  type ContrastiveLossOptions,
  type ViewEmbeddings,
} from './losses.js';

const NAMES = ['image', 'imageView', 'text', 'textView'] as const;

/** Rows on the unit circle. */
const circle = (...angles: readonly number[]) =>
  float32(
    [angles.length, 2],
    angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]),
  );

async function evaluate(
  angles: Readonly<Record<(typeof NAMES)[number], readonly number[]>>,
  logitScale: number,
  options?: ContrastiveLossOptions,
) {
  const batch = angles.image.length;
  const inputs = Object.fromEntries(NAMES.map((name) => [name, { shape: [batch, 2] }]));
  const graph = trace({ inputs: { ...inputs, logitScale: { shape: [] } } }, (ops, scope) => {
    const scale = scope.inputs['logitScale']!;
    const losses = contrastiveLosses(ops, scope.inputs as unknown as ViewEmbeddings, scale, options);
    const views = NAMES.map((name) => scope.inputs[name]!);
    const [slope, ...slopes] = gradients(ops, losses.total, [scale, ...views]);
    // Along the circle: (x, y) moves to (-y, x).
    const turned = views.map((view) => ops.matmul(view, ops.constant(float32([2, 2], [0, 1, -1, 0]))));
    const along = slopes.map((each, at) => ops.sum(ops.mul(each, turned[at]!), { axes: [1] }));
    const named = along.flatMap((rows, at) =>
      Array.from({ length: batch }, (_, row) => [
        `${NAMES[at]!}/${row}`,
        ops.slice(rows, { axes: [0], starts: [row], ends: [row + 1] }),
      ]),
    );
    return { ...losses, slope: slope!, ...(Object.fromEntries(named) as Record<string, Tensor>) };
  });
  const executable = await createReferenceBackend().compile(graph);
  const values = Object.fromEntries(NAMES.map((name) => [name, circle(...angles[name])]));
  const outputs = await runToHost(executable, { ...values, logitScale: float32([], [logitScale]) });
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]!]));
}

/** Mean cross-entropy both ways by the definition, in float64. */
function expected(a: readonly number[], b: readonly number[], scale: number, smoothing = 0): number {
  const oneWay = (from: readonly number[], to: readonly number[]) =>
    from.reduce((sum, angle, row) => {
      const logits = to.map((other) => scale * Math.cos(angle - other));
      const logSum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
      const uniform = logits.reduce((total, logit) => total + logSum - logit, 0) / logits.length;
      return sum + (1 - smoothing) * (logSum - logits[row]!) + smoothing * uniform;
    }, 0) / from.length;
  return (oneWay(a, b) + oneWay(b, a)) / 2;
}

const ANGLES = {
  image: [0.1, 1.3, -2],
  imageView: [0.4, 1, -1.5],
  text: [0, 2, -2.2],
  textView: [-0.3, 1.1, -2.9],
};

describe('the contrastive losses', () => {
  it('are the mean cross-entropies of the definition', async () => {
    const scale = 3;
    const losses = await evaluate(ANGLES, Math.log(scale));
    const pairs = [ANGLES.image, ANGLES.imageView].flatMap((image) =>
      [ANGLES.text, ANGLES.textView].map((text) => expected(image, text, scale)),
    );
    const multiView = pairs.reduce((sum, pair) => sum + pair, 0) / 4;
    const image = expected(ANGLES.image, ANGLES.imageView, scale);
    const text = expected(ANGLES.text, ANGLES.textView, scale);
    expect(losses['multiView']).toBeCloseTo(multiView, 5);
    expect(losses['imageContrastive']).toBeCloseTo(image, 5);
    expect(losses['textContrastive']).toBeCloseTo(text, 5);
    expect(losses['total']).toBeCloseTo(multiView + image + 0.5 * text, 5);
  });

  it('take other weights, and smooth the targets of the multi-view loss alone', async () => {
    const options = { multiViewWeight: 2, imageWeight: 0.25, textWeight: 0, labelSmoothing: 0.1 };
    const losses = await evaluate(ANGLES, 0, options);
    const pairs = [ANGLES.image, ANGLES.imageView].flatMap((image) =>
      [ANGLES.text, ANGLES.textView].map((text) => expected(image, text, 1, 0.1)),
    );
    const multiView = pairs.reduce((sum, pair) => sum + pair, 0) / 4;
    expect(losses['multiView']).toBeCloseTo(multiView, 5);
    expect(losses['imageContrastive']).toBeCloseTo(expected(ANGLES.image, ANGLES.imageView, 1), 5);
    expect(losses['total']).toBeCloseTo(2 * multiView + 0.25 * losses['imageContrastive']!, 5);
  });

  it('have the slope in the temperature that finite differences give', async () => {
    const step = 1e-2;
    const above = await evaluate(ANGLES, 0.7 + step);
    const below = await evaluate(ANGLES, 0.7 - step);
    const { slope } = await evaluate(ANGLES, 0.7);
    expect(slope).toBeCloseTo((above['total']! - below['total']!) / (2 * step), 3);
  });

  it('have the slopes in each embedding that finite differences give', async () => {
    const step = 1e-2;
    const slopes = await evaluate(ANGLES, 0.7);
    for (const name of NAMES)
      for (const row of [0, 1, 2]) {
        const moved = (by: number) =>
          evaluate(
            { ...ANGLES, [name]: ANGLES[name].map((angle, at) => angle + (at === row ? by : 0)) },
            0.7,
          );
        const [above, below] = [await moved(step), await moved(-step)];
        const difference = (above['total']! - below['total']!) / (2 * step);
        expect(slopes[`${name}/${row}`], name).toBeCloseTo(difference, 3);
      }
  });

  it('are 0 for one study, and log B where all embeddings are the same', async () => {
    const one = await evaluate({ image: [0.2], imageView: [1], text: [2], textView: [3] }, 2);
    expect(one['total']).toBeCloseTo(0, 12);
    const same = [1, 1, 1, 1];
    const { total } = await evaluate({ image: same, imageView: same, text: same, textView: same }, 2);
    expect(total).toBeCloseTo(2.5 * Math.log(4), 6);
  });
});

describe('the loss of ConVIRT', () => {
  it('is InfoNCE both ways at a fixed temperature, weighted 3 to 1', async () => {
    const inputs = { image: { shape: [2, 2] }, text: { shape: [2, 2] } };
    const graph = trace({ inputs }, (ops, scope) => ({
      ...convirtLosses(ops, { image: scope.inputs['image']!, text: scope.inputs['text']! }),
    }));
    const outputs = await runToHost(await createReferenceBackend().compile(graph), {
      image: float32([2, 2], [1, 0, 0, 1]),
      text: float32([2, 2], [0.6, 0.8, 0, 1]),
    });
    // Cosines of image i and text j, times 10: [[6, 0], [8, 10]].
    const imageToText = (Math.log(1 + Math.exp(-6)) + Math.log(1 + Math.exp(-2))) / 2;
    const textToImage = (Math.log(1 + Math.exp(2)) + Math.log(1 + Math.exp(-10))) / 2;
    expect(outputs['imageToText']!.data[0]).toBeCloseTo(imageToText, 5);
    expect(outputs['textToImage']!.data[0]).toBeCloseTo(textToImage, 5);
    expect(outputs['total']!.data[0]).toBeCloseTo(0.75 * imageToText + 0.25 * textToImage, 5);
  });
});
