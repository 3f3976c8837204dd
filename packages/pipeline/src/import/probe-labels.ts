import type { CheckpointValue } from '@crrg/checkpoints';

/** Lists under which people save what the outputs of a classifier mean. */
const LABEL_LISTS = /(^|\/)(labels|label_names|class_names|classes|pathologies|target_names)\/0$/;

/** Names that claim nothing. */
export function placeholderLabels(outputs: number): string[] {
  return Array.from({ length: outputs }, (_, index) => `Label ${index + 1}`);
}

/** What the file itself says of its outputs: a list of that many different texts under a usual name; undefined where there is none. */
export function savedLabels(
  values: ReadonlyMap<string, CheckpointValue>,
  outputs: number,
): string[] | undefined {
  const lists = [...values.keys()].filter((name) => LABEL_LISTS.test(name)).map((name) => name.slice(0, -1));
  for (const list of lists) {
    const size = [...values.keys()].filter((name) => name.startsWith(list)).length;
    const labels = Array.from({ length: size }, (_, index) => values.get(`${list}${index}`));
    const areTexts = labels.every((label) => typeof label === 'string' && label.trim() !== '');
    if (areTexts && size === outputs && new Set(labels).size === size) return labels as string[];
  }
  return undefined;
}
