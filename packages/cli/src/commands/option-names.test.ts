import { ConfigError, InputErrors } from '@crrg/core';
import { expect, it } from 'vitest';
import { toFlags, withFlags } from './option-names.js';

it('calls options of functions as the command line does', () => {
  expect(toFlags('expected `reports` and `reportModel`, got `npm install sharp`')).toBe(
    'expected --reports and --report-model, got `npm install sharp`',
  );
  const config = withFlags(new ConfigError('train.step: lower `batchSize`.'));
  expect(config).toBeInstanceOf(ConfigError);
  expect(config).toMatchObject({ message: 'train.step: lower --batch-size.' });
  const cause = new Error('other');
  const problems = [{ subject: 'a: line 1', message: 'change `text`.', cause }];
  expect(withFlags(new InputErrors(problems))).toMatchObject({
    problems: [{ subject: 'a: line 1', message: 'change --text.', cause }],
  });
});
