import { formatPythonLiteral, parsePythonLiteral } from '@crrg/datasets';
import { utf8 } from '../bytes.js';
import { mutatingCases, type FuzzFormat } from '../format.js';
import { BYTE_MUTATORS } from '../mutate-bytes.js';
import { FindingError } from '../outcome.js';
import { TEXT_MUTATORS } from '../mutate-text.js';
import { TEXT_LIMITS } from '../read-score-files.js';

const SEEDS = [
  `['The heart is enlarged.', "It's wide.", '', 'a\\tb\\x1f\\u200b\\U0001f600']`,
  '[[1, 2, 3, 4.5], [-10, 0, 1e3, 2]]',
  '[True, False, None, (1, "b"), []]',
  '["\\\\", \'\\\'\', "\\"", "\\n"]',
].map(utf8);

/** Cells of RGRG's and CXR-CLIP's tables. What is read is written and read again to the same. */
export const format: FuzzFormat = {
  limits: TEXT_LIMITS,
  makeCase: mutatingCases(() => Promise.resolve(SEEDS), TEXT_MUTATORS, BYTE_MUTATORS),
  read: async (bytes) => {
    const value = parsePythonLiteral(new TextDecoder().decode(bytes));
    const written = formatPythonLiteral(value);
    const again = formatPythonLiteral(parsePythonLiteral(written));
    if (again !== written) throw new FindingError('what was written is read as another value');
  },
};
