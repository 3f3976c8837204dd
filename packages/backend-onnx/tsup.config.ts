import { library } from '../../tsup.shared.js';

// The paths serve declarations only: in the code `#native` stays an import that package.json maps by platform.
export default library(['src/index.ts', 'src/native.ts', 'src/native.browser.ts'], {
  dts: { compilerOptions: { paths: { '#native': ['./src/native.ts'] } } },
});
