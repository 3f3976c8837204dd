// Copies the demonstration weights to where Next.js serves them, for reports on the visitor's own device.
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WEIGHTS_URL } from '@crrg/model-tiny';

cpSync(fileURLToPath(WEIGHTS_URL), fileURLToPath(new URL('../public/models/tiny', import.meta.url)), {
  recursive: true,
});
