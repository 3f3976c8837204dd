import { expect, it } from 'vitest';
import { withModelFiles } from './model-files.js';
import { toOpenMessage } from './worker/call-message.js';

it('a model in code goes to a worker as its files', async () => {
  const files = new Map([['manifest.json', new Uint8Array(2)]]);
  const options = await withModelFiles({ model: async () => files, classifier: files, cache: false });
  const { fields } = toOpenMessage('here', options, (address) => `https://page.example/${address}`);
  expect(structuredClone(fields)).toEqual({ model: files, classifier: files, cache: false });
});
