import { ConfigError } from '@crrg/core';
import { readInputText } from '@crrg/core/node';

/**
 * The JSON object in the file of `--config`; undefined where none is named.
 * @param fields what it may hold, for the message
 * @throws {ConfigError} for anything else
 */
export async function readConfig(
  file: string | undefined,
  fields: string,
): Promise<Readonly<Record<string, object>> | undefined> {
  if (file === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(await readInputText(file));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, object>>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ConfigError(
    `cli.readConfig: \`config\`: expected a JSON object of ${fields} in ${file}, got another text; correct the file.`,
  );
}
