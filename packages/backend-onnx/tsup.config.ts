import { library } from '../../tsup.shared.js';

export default library(['src/index.ts', 'src/native.ts', 'src/native.browser.ts']);
