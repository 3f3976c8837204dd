import { float32, runToHost, trace, type Executable, type HostTensor } from '@crrg/tensor';
import { adamw, reduceOnPlateau, sgd, warmupCosine, type Optimizer } from '@crrg/train-loop';
import type { ParityContext, ParitySuite } from '../framework/context.js';
import { generatedValues } from '../golden/statements.js';

interface AdamWCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly steps: number;
  readonly weight_decay: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly lrs: readonly number[];
  /** How the values are generated: name, mean and scale. */
  readonly initial: string;
  readonly gradients: string;
  readonly 'gradient_missing_at_(tensor,step)': readonly (readonly [number, number])[];
  readonly step_counts: readonly number[];
}

interface SgdCase {
  readonly lr: number;
  readonly weight_decay: number;
  readonly momentum: number;
  readonly steps: number;
  readonly initial: string;
  readonly gradients: string;
}

interface PlateauCase {
  readonly name: string;
  readonly initial_lr: number;
  readonly settings: {
    factor: number;
    patience: number;
    threshold: number;
    cooldown: number;
    min_lr?: number;
  };
  readonly losses: readonly (number | null)[];
  readonly after_each_step: readonly {
    lr: number;
    best: number;
    num_bad: number;
    cooldown_counter: number;
  }[];
}

interface WarmupCase {
  readonly total_steps: number;
  readonly warmup_steps: number;
  readonly base_lr: number;
  readonly lr_used_at_step: readonly number[];
}

/** Rates are float64 arithmetic here and there. */
const RATE_TOLERANCE = 1e-12;

/** The rule of one parameter as a compiled graph; feeds states back from step to step. */
interface CompiledRule {
  readonly optimizer: Optimizer;
  readonly executable: Executable;
}

async function compileRule(
  context: ParityContext,
  optimizer: Optimizer,
  shape: readonly number[],
): Promise<CompiledRule> {
  const scalars = Object.keys(optimizer.scalars({ step: 1, learningRate: 0 }));
  const inputs = Object.fromEntries([
    ...['parameter', 'gradient', ...optimizer.slots].map((name) => [name, { shape }]),
    ...scalars.map((name) => [name, { shape: [] }]),
  ]) as Record<string, { shape: readonly number[] }>;
  const graph = trace({ inputs }, (ops, scope) => {
    const pick = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, scope.inputs[name]!]));
    const { parameter, slots } = optimizer.update(ops, {
      parameter: scope.inputs['parameter']!,
      gradient: scope.inputs['gradient']!,
      slots: pick(optimizer.slots),
      scalars: pick(scalars),
      learningRateScale: 1,
      weightDecay: optimizer.weightDecay,
    });
    return { parameter, ...slots };
  });
  return {
    optimizer,
    executable: await (await context.backend()).compile(graph, { name: `optim-${optimizer.name}` }),
  };
}

type RuleState = Record<string, HostTensor>;

function initialState(rule: CompiledRule, parameter: HostTensor): RuleState {
  const zeros = float32(parameter.shape, new Float32Array(parameter.data.length));
  return { parameter, ...Object.fromEntries(rule.optimizer.slots.map((slot) => [slot, zeros])) };
}

function applyRule(
  rule: CompiledRule,
  state: RuleState,
  gradient: HostTensor,
  step: number,
  learningRate: number,
): Promise<RuleState> {
  const scalars = Object.entries(rule.optimizer.scalars({ step, learningRate }));
  return runToHost(rule.executable, {
    ...state,
    gradient,
    ...Object.fromEntries(scalars.map(([name, value]) => [name, float32([], [value])])),
  });
}

/** Values that a text of the sidecar describes. */
function generated(
  context: ParityContext,
  text: string,
  shape: readonly number[],
  indices: Readonly<Record<string, number>>,
): HostTensor {
  const { name, mean, scale } = generatedValues(text, indices);
  return context.input(name, shape, mean, scale);
}

async function checkAdamW(context: ParityContext, golden: AdamWCase): Promise<void> {
  const { weight_decay: weightDecay, betas, eps: epsilon } = golden;
  for (const [index, shape] of golden.shapes.entries()) {
    const rule = await compileRule(context, adamw({ weightDecay, betas, epsilon }), shape);
    const missing = new Set(
      golden['gradient_missing_at_(tensor,step)']
        .filter(([tensor]) => tensor === index)
        .map(([, step]) => step),
    );
    let state = initialState(rule, generated(context, golden.initial, shape, { I: index }));
    let updates = 0;
    for (let step = 0; step < golden.steps; step++) {
      if (!missing.has(step)) {
        const gradient = generated(context, golden.gradients, shape, { I: index, T: step });
        state = await applyRule(rule, state, gradient, ++updates, golden.lrs[step]!);
      }
      const name = `${golden.name}.p${index}.after_step_${step + 1}`;
      if (context.tensors.has(name)) context.check(name, state['parameter']!.data);
    }
    context.check(`${golden.name}.p${index}.exp_avg`, state['m']!.data);
    context.check(`${golden.name}.p${index}.exp_avg_sq`, state['v']!.data);
    context.checkEqual(`${golden.name}.p${index}.step_count`, [updates], [golden.step_counts[index]!]);
    rule.executable.dispose();
  }
}

async function checkSgd(context: ParityContext, golden: SgdCase): Promise<void> {
  const expected = context.tensor('sgd.final');
  const rule = await compileRule(
    context,
    sgd({ momentum: golden.momentum, weightDecay: golden.weight_decay }),
    expected.shape,
  );
  let state = initialState(rule, generated(context, golden.initial, expected.shape, {}));
  for (let step = 0; step < golden.steps; step++) {
    const gradient = generated(context, golden.gradients, expected.shape, { T: step });
    state = await applyRule(rule, state, gradient, step + 1, golden.lr);
  }
  context.check('sgd.final', state['parameter']!.data, expected.data as Float32Array, { tolerance: 1e-6 });
  context.covers('sgd.final');
  rule.executable.dispose();
}

function checkPlateau(context: ParityContext, golden: PlateauCase): void {
  const { min_lr: minLearningRate, ...settings } = golden.settings;
  const schedule = reduceOnPlateau({ learningRate: golden.initial_lr, minLearningRate, ...settings });
  const seen = golden.losses.map((loss) => {
    schedule.evaluated(loss ?? NaN);
    return schedule.state();
  });
  const expected = golden.after_each_step;
  const name = `plateau.${golden.name}`;
  const rates = seen.map(({ learningRate }) => learningRate as number);
  context.check(
    `${name}.lr`,
    rates,
    expected.map(({ lr }) => lr),
    { tolerance: golden.initial_lr * RATE_TOLERANCE },
  );
  context.checkEqual(
    `${name}.best`,
    seen.map(({ best }) => best as number),
    expected.map(({ best }) => best),
  );
  context.checkEqual(
    `${name}.num_bad`,
    seen.map(({ badEvaluations }) => badEvaluations as number),
    expected.map(({ num_bad: bad }) => bad),
  );
  const cooldowns = seen.map(({ cooldownLeft }) => cooldownLeft as number);
  context.checkEqual(
    `${name}.cooldown_counter`,
    cooldowns,
    expected.map(({ cooldown_counter: left }) => left),
  );
}

function checkWarmup(context: ParityContext, golden: WarmupCase): void {
  const { total_steps: totalSteps, warmup_steps: warmupSteps, base_lr: learningRate } = golden;
  const schedule = warmupCosine({ learningRate, totalSteps, warmupSteps });
  const rates = golden.lr_used_at_step.map(() => {
    const rate = schedule.learningRate();
    schedule.stepped();
    return rate;
  });
  const tolerance = learningRate * RATE_TOLERANCE;
  context.check(`warmup_cosine.${totalSteps}.${warmupSteps}`, rates, golden.lr_used_at_step, { tolerance });
}

/** Optimizers on the chosen backend, learning-rate schedules on the host. */
export const optimSuite: ParitySuite = {
  name: 'optim',
  matches: (caseName) => caseName.startsWith('optim/'),
  async run(context) {
    const {
      adamw: adamwCases,
      sgd: sgdCase,
      plateau,
      warmup_cosine: warmup,
    } = context.sidecar as {
      readonly adamw?: readonly AdamWCase[];
      readonly sgd?: SgdCase;
      readonly plateau?: readonly PlateauCase[];
      readonly warmup_cosine?: readonly WarmupCase[];
    };
    for (const golden of adamwCases ?? []) await checkAdamW(context, golden);
    if (sgdCase) await checkSgd(context, sgdCase);
    for (const golden of plateau ?? []) checkPlateau(context, golden);
    for (const golden of warmup ?? []) checkWarmup(context, golden);
  },
};
