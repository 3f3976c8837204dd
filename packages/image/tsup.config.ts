import { library } from '../../tsup.shared.js';

// The paths serve declarations only: in the code `#dicom-worker-file` stays an import that package.json maps to the source or the build.
export default library(
  {
    index: 'src/index.ts',
    node: 'src/node.ts',
    browser: 'src/browser.ts',
    'dicom-worker': 'src/dicom/dicom-worker.ts',
    'dicom-worker-file': 'src/dicom/worker-file.ts',
  },
  { dts: { compilerOptions: { paths: { '#dicom-worker-file': ['./src/dicom/worker-file.ts'] } } } },
);
