import { REPORT_METRICS } from '@crrg/metrics';
import { BACKEND_NAMES } from '@crrg/pipeline';
import { expect, it } from 'vitest';
import { run } from '../__fixtures__/run.js';

/** The help of a command, in one line. */
const help = async (command: string) => (await run([command, '--help'])).stdout.replace(/\s+/g, ' ');

it('names every metric that can be asked for, in the order of the library', async () => {
  expect(await help('score')).toContain(`--metrics <names> of ${REPORT_METRICS.join(', ')} (default: all)`);
});

it.each(['report', 'classify', 'describe'])(
  'names every engine that can be asked for in %s',
  async (command) => {
    expect(await help(command)).toContain(`--backend <name> ${BACKEND_NAMES.join(', ')} (default: onnx)`);
  },
);

it.each(['report', 'classify'])('says which files of a folder count in %s', async (command) => {
  expect(await help(command)).toContain(
    'A folder stands for the .png, .jpg, .jpeg, .dcm, .dicom and .dic files in it, and DICOM files of other names.',
  );
});
