import { library } from '../../tsup.shared.js';
import { embedBundle } from './tools/embed-bundle.js';

// A map would hold the weights once more.
export default library(['src/index.ts', 'src/embedded.ts'], {
  esbuildPlugins: [embedBundle()],
  sourcemap: false,
});
