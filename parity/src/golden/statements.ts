/**
 * What the sidecars of golden cases say in words: numbers and names are read from there, so that another folder of the same formats
 * may state others.
 */

const NUMBER = '[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?';

/** The number after any of the words, as in `lr 5e-5`; undefined where none of them is there. */
export function numberAfter(text: string, ...words: readonly string[]): number | undefined {
  for (const word of words) {
    const found = new RegExp(`(?:^|[^\\w])${word}\\s*[:=]?\\s*(${NUMBER})`).exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}

/** {@link numberAfter}, which must be there. */
export function requireNumberAfter(text: string, ...words: readonly string[]): number {
  const found = numberAfter(text, ...words);
  if (found === undefined) throw new Error(`no number after "${words.join('" or "')}" in: ${text}`);
  return found;
}

/** The factor of a term of a sum, as in `MVS + 0.5*TCL`: 1 without a number, 0 where the term is absent. */
export function factorOf(sum: string, term: string): number {
  const found = new RegExp(`(?:(${NUMBER})\\s*\\*\\s*)?(?:^|[^\\w.])?${term}\\b`).exec(sum);
  if (!found) return 0;
  return found[1] === undefined ? 1 : Number(found[1]);
}

/** Name and range of generated values, as in `generator 'optim/sgd/g/T', mean 0 scale 1`. */
export interface GeneratedValues {
  readonly name: string;
  readonly mean: number;
  readonly scale: number;
}

/** Reads {@link GeneratedValues}; upper-case letters that stand alone in the name are replaced by the indices given. */
export function generatedValues(
  text: string,
  indices: Readonly<Record<string, number>> = {},
): GeneratedValues {
  const template = /'([^']+)'/.exec(text)?.[1];
  if (template === undefined) throw new Error(`no name in quotes in: ${text}`);
  const name = Object.entries(indices).reduce(
    (left, [letter, index]) => left.replace(new RegExp(`(?<![A-Z])${letter}(?![A-Za-z])`), String(index)),
    template,
  );
  return { name, mean: numberAfter(text, 'mean') ?? 0, scale: requireNumberAfter(text, 'scale') };
}

/** Settings of AdamW, as in `AdamW lr 5e-5, betas .9/.999, eps 1e-8, weight decay 0.01`; what is not said takes PyTorch's value. */
export function adamwSettings(text: string) {
  const betas = new RegExp(`betas\\s*\\(?\\s*(${NUMBER})\\s*[/,]\\s*(${NUMBER})`).exec(text);
  return {
    learningRate: requireNumberAfter(text, 'lr', 'learning rate'),
    options: {
      weightDecay: numberAfter(text, 'wd', 'weight decay', 'weight_decay') ?? 0.01,
      epsilon: numberAfter(text, 'eps', 'epsilon') ?? 1e-8,
      betas: [Number(betas?.[1] ?? 0.9), Number(betas?.[2] ?? 0.999)] as const,
    },
  };
}

/** What stands before a parameter's name in that of its generated values, as in `generator name is 'mlp/' + name`. */
export function generatedPrefix(text: string): string {
  const prefix = /'([^']*)' \+ name/.exec(text)?.[1];
  if (prefix === undefined) throw new Error(`no prefix of generated names in: ${text}`);
  return prefix;
}
