// The process that makes and reads the cases; its parent watches it. Ends where an error escapes, and the parent reports that.
import { caseBytes, type FuzzFormat } from './format.js';
import { outcomeOf, type Outcome } from './outcome.js';

/** What the parent asks for. */
export interface CaseRequest {
  /** Address of the module whose `format` is a {@link FuzzFormat}. */
  readonly module: string;
  readonly seed: number;
  readonly number: number;
}

/** What the child says: `ready` with the limits where the case is made and its reading begins, then how it went. */
export type ChildMessage =
  | { readonly kind: 'ready'; readonly limits: FuzzFormat['limits'] }
  | {
      readonly kind: 'done';
      readonly outcome: Outcome;
      readonly grownMegabytes: number;
      readonly spareMegabytes: number;
    };

const MEGABYTE = 2 ** 20;
const formats = new Map<string, FuzzFormat>();
const say = (message: ChildMessage) => void process.send!(message);
const highest = () => process.resourceUsage().maxRSS / 1024;

async function loadFormat(module: string): Promise<FuzzFormat> {
  const { format } = (await import(module)) as { readonly format: FuzzFormat };
  // Loads what the reader needs, so that the first case is not charged for it.
  await format.read(new Uint8Array()).catch(() => undefined);
  formats.set(module, format);
  return format;
}

async function runCase(request: CaseRequest): Promise<void> {
  const format = formats.get(request.module) ?? (await loadFormat(request.module));
  const bytes = await caseBytes(format, request);
  say({ kind: 'ready', limits: format.limits });
  const before = process.memoryUsage.rss() / MEGABYTE;
  const highestBefore = highest();
  const outcome = await format.read(bytes).then((): Outcome => ({ kind: 'decoded' }), outcomeOf);
  const highestAfter = highest();
  const grownMegabytes = highestAfter > highestBefore ? highestAfter - before : 0;
  say({
    kind: 'done',
    outcome,
    grownMegabytes,
    spareMegabytes: highestAfter - process.memoryUsage.rss() / MEGABYTE,
  });
}

process.on('message', (request: CaseRequest) => void runCase(request));
