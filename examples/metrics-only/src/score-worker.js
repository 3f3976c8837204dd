// Scores off the main thread, so that the page stays responsive.
import { pairReports } from './pair-reports.js';
import { FileError, readReports } from './read-reports.js';
import { scoreReports } from './score-reports.js';

onmessage = async ({ data: { candidates, references } }) => {
  try {
    const read = ({ bytes, name }) => readReports(bytes, name);
    const pairs = pairReports(read(candidates), read(references));
    const result = await scoreReports(pairs, {
      onProgress: ({ done, total }) => postMessage({ done, total }),
    });
    postMessage({ result });
  } catch (error) {
    const isTheirs = error instanceof FileError || error.name === 'MetricsError';
    postMessage({ message: isTheirs ? error.message : `Something went wrong: ${error}` });
  }
};
