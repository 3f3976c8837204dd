import { createRandom } from '@crrg/core';
import { describe, expect, it } from 'vitest';
import {
  drawTrainingPrompt,
  nihPromptLabels,
  parsePromptTable,
  trainingSentences,
  validationPrompt,
  type PromptLabels,
} from './prompt-texts.js';

const finding = (name: string) => ({
  pos: [`${name} there.`, `Signs of ${name}.`],
  neg: [`No ${name}.`],
  unc: [`Perhaps ${name}.`],
});
const table = parsePromptTable(
  JSON.stringify({
    'No Finding': { pos: ['nothing there.'], neg: [''], unc: [''] },
    'Pleural Effusion': finding('effusion'),
    Edema: finding('edema'),
    Hernia: { pos: ['hernia there.'], neg: ['No hernia.'] },
  }),
  'prompts.json',
);
const labels = (positive: string[], negative: string[] = [], uncertain: string[] = []): PromptLabels => ({
  positive,
  negative,
  uncertain,
});

describe('the text that stands for labels', () => {
  it('in validation says positives only, the first sentence of each', () => {
    expect(validationPrompt(labels(['Edema', 'Hernia'], ['Pleural Effusion'], []), table)).toBe(
      'edema there. hernia there.',
    );
  });

  it('in validation says No Finding where nothing is positive', () => {
    expect(validationPrompt(labels([], ['Edema'], ['Hernia']), table)).toBe('nothing there.');
  });

  it('in training says one sentence of each label, empty ones not at all', () => {
    const known = labels(['Edema'], ['No Finding', 'Hernia'], ['Pleural Effusion']);
    expect([...trainingSentences(known, table)].sort()).toEqual([
      'No hernia.',
      'Perhaps effusion.',
      'Signs of edema.',
      'edema there.',
    ]);
    const random = createRandom(3);
    const drawn = new Set(Array.from({ length: 200 }, () => drawTrainingPrompt(known, table, random)));
    const orders = ['edema there.', 'Signs of edema.'].flatMap((edema) => {
      const [a, b, c] = [edema, 'No hernia.', 'Perhaps effusion.'];
      return [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
      ].map((each) => each.join(' '));
    });
    expect([...drawn].sort()).toEqual(orders.sort());
  });

  it('of ChestX-ray14 calls Effusion Pleural Effusion', () => {
    expect(validationPrompt(nihPromptLabels(['Effusion', 'Edema']), table)).toBe(
      'effusion there. edema there.',
    );
  });

  it('is refused for a label without sentences of its kind, and the label is not repeated', () => {
    expect(() => trainingSentences(labels([], [], ['Hernia']), table)).toThrow(
      'expected prompts unc for each label',
    );
    expect(() => validationPrompt(labels(['constructor']), table)).toThrow('expected prompts pos');
    expect(() => validationPrompt(labels(['secret']), table)).not.toThrow(/secret/);
  });
});

describe('a table of prompts', () => {
  it.each(['', '[]', '{}', '{"a": 1}', '{"a": {"pos": []}}', '{"a": {"pos": [1]}}', '{"a": {"neg": "x"}}'])(
    'is refused for %s',
    (text) => {
      expect(() => parsePromptTable(text, 'prompts.json')).toThrow(/^prompts\.json: expected /);
    },
  );
});
