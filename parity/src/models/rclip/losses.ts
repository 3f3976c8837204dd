import { contrastiveLosses, type ContrastiveLossOptions, type ViewEmbeddings } from '@crrg/rclip';
import { float32, gradients, trace, type Graph, type HostTensor } from '@crrg/tensor';
import type { ParityContext } from '../../framework/context.js';
import { inputSpecsOf, runGraph } from '../../framework/run-graph.js';
import { factorOf } from '../../golden/statements.js';

interface LossCase {
  readonly name: string;
  readonly logit_scale: number;
  readonly label_smoothing: number;
  readonly mvs: number;
  readonly icl: number;
  readonly tcl: number;
  readonly total: number;
  readonly grad_logit_scale: number;
  readonly torch_fp32_err_total: number;
}

const VIEWS: Readonly<Record<keyof ViewEmbeddings, string>> = {
  image: 'image',
  imageView: 'image_view',
  text: 'text',
  textView: 'text2',
};

/** One unit in the last place of the largest logit: embeddings are unit vectors, so logits are at most `exp(logitScale)`. */
const float32Step = (scale: number) => 2 ** -23 * Math.exp(scale);

/** Weights of the parts, as in `total = MVS + ICL + 0.5*TCL`. */
function weightsOf({ sidecar }: ParityContext) {
  const sum = /total = .*/.exec(String(sidecar['note']))?.[0];
  if (sum === undefined) throw new Error('the sidecar does not say what the total is the sum of');
  return {
    multiViewWeight: factorOf(sum, 'MVS'),
    imageWeight: factorOf(sum, 'ICL'),
    textWeight: factorOf(sum, 'TCL'),
  };
}

function traceCase(inputs: Readonly<Record<string, HostTensor>>, options: ContrastiveLossOptions): Graph {
  return trace({ inputs: inputSpecsOf(inputs) }, (ops, scope) => {
    const views = scope.inputs as unknown as ViewEmbeddings;
    const logitScale = scope.inputs['logitScale']!;
    const losses = contrastiveLosses(ops, views, logitScale, options);
    const names = [...Object.keys(VIEWS), 'logitScale'];
    const found = gradients(
      ops,
      losses.total,
      names.map((name) => scope.inputs[name]!),
    );
    const entries = names.map((name, index) => [`grad.${name}`, found[index]!] as const);
    return { ...losses, ...Object.fromEntries(entries) };
  });
}

async function checkCase(context: ParityContext, golden: LossCase): Promise<void> {
  const views = Object.entries(VIEWS).map(
    ([ours, theirs]) => [ours, context.tensor(`${golden.name}.${theirs}`)] as const,
  );
  const inputs = { ...Object.fromEntries(views), logitScale: float32([], [golden.logit_scale]) };
  const options = { ...weightsOf(context), labelSmoothing: golden.label_smoothing };
  const outputs = await runGraph(context, traceCase(inputs, options), inputs);
  const step = float32Step(golden.logit_scale);
  const check = (name: string, output: string, value: number) =>
    context.checkValue(
      `${golden.name}.${name}`,
      outputs[output]!.data[0]!,
      { value, torch_fp32_err: Math.max(golden.torch_fp32_err_total, step) },
      { factor: 10 },
    );
  check('mvs', 'multiView', golden.mvs);
  check('icl', 'imageContrastive', golden.icl);
  check('tcl', 'textContrastive', golden.tcl);
  check('total', 'total', golden.total);
  check('grad.logit_scale', 'grad.logitScale', golden.grad_logit_scale);
  for (const [ours, theirs] of Object.entries(VIEWS)) {
    const name = `${golden.name}.grad.${theirs}`;
    context.check(name, outputs[`grad.${ours}`]!.data);
  }
}

/** The three losses, their sum and its gradients on given embeddings. */
export async function checkLosses(context: ParityContext): Promise<void> {
  for (const golden of context.sidecar['cases'] as LossCase[]) await checkCase(context, golden);
}
