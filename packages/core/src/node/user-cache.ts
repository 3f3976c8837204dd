import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this user's files are kept that can be fetched or made again. @throws where the user has no home */
export function userCacheFolder(): string {
  return join(homedir(), '.cache', 'crrg');
}
