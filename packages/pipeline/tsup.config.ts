import { library } from '../../tsup.shared.js';

export default library({
  node: 'src/node.ts',
  browser: 'src/browser.ts',
  import: 'src/import.ts',
  export: 'src/export.ts',
  'report-worker-node': 'src/worker/report-worker-node.ts',
  'report-worker-browser': 'src/worker/report-worker-browser.ts',
});
