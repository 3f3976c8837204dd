// A browser bundle holds no Node module, no native runtime and no source of the packages.
import assert from 'node:assert/strict';
import { bundleForBrowser } from './bundle.mjs';

const { code, inputs, outputs } = await bundleForBrowser('../browser/page.mjs');
const outside = outputs.flatMap((output) =>
  output.imports.filter((each) => each.external).map((each) => each.path),
);
assert.deepEqual(outside, [], 'imports left in the bundle');
assert.deepEqual(
  inputs.filter((file) => /onnxruntime-node|@crrg\/[\w-]+\/src\//.test(file)),
  [],
);
const ours = inputs.filter((file) => file.includes('@crrg/'));
assert.ok(ours.length >= 3, `only ${ours.length} files of ours went in`);
console.log(`${(code.length / 1e6).toFixed(2)} MB of code, ${ours.length} files of ours`);
