// Starts child.ts. The loader of TypeScript is registered here, not on the command line, which threads of the readers would inherit.
import { register } from 'tsx/esm/api';

register();
await import('./child.ts');
