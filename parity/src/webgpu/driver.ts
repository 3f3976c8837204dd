import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PLACES = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const MANIFEST = 'vk_swiftshader_icd.json';

/**
 * The environment in which a process has the Vulkan driver that comes with Chromium, which computes on the processor; undefined where it
 * is not installed.
 */
export function softwareVulkan(): Readonly<Record<string, string>> | undefined {
  const named = process.env['CHROMIUM'];
  const folder = [...(named ? [dirname(named)] : []), ...PLACES].find((place) =>
    existsSync(join(place, MANIFEST)),
  );
  if (folder === undefined) return undefined;
  return { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, MANIFEST) };
}
