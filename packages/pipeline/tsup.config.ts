import { library } from '../../tsup.shared.js';

export default library(['src/node.ts', 'src/browser.ts', 'src/import.ts', 'src/export.ts']);
