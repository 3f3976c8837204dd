// Decodes the file that it is given, or nothing, and tells its parent the most memory that it held, in KiB.
import { readFileSync } from 'node:fs';
import { decodeImage } from '@crrg/image/node';

const [path] = process.argv.slice(2);
if (path !== undefined) await decodeImage(path);
process.send!(peakKibibytes());

/** `maxRSS` may begin at what the parent held when it started this process; Linux tells better. */
function peakKibibytes(): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
