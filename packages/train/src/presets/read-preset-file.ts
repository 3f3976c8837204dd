import { readFile } from 'node:fs/promises';
import { ConfigError } from '@crrg/core';

/**
 * The JSON of a preset in a file.
 * @param names of the presets that need no file, for the message
 * @throws {ConfigError} where it cannot be read or is no JSON
 */
export async function readPresetFile(
  file: string,
  names: readonly string[],
  where: string,
): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(
      `${where}: expected \`preset\` of ${names.join(', ')} or a file, got ${JSON.stringify(file)}; check the name.`,
      { cause },
    );
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(
      `${where}: \`preset\`: expected JSON in ${file}, got another text; correct the file.`,
      { cause },
    );
  }
}
