// CommonJS code requires the installed packages: they are ES modules without top-level await.
const { CrrgError, boxIou } = require('@crrg/core');
const { createReportPipeline, generateReport } = require('@crrg/pipeline');

for (const use of [createReportPipeline, generateReport]) {
  if (typeof use !== 'function') throw new Error(`expected a function, got ${typeof use}`);
}
if (boxIou({ x1: 0, y1: 0, x2: 2, y2: 2 }, { x1: 0, y1: 0, x2: 2, y2: 1 }) !== 0.5)
  throw new Error('another IoU');
if (CrrgError.isInstance(new Error('x'))) throw new Error('another class');
console.log('passed');
