import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Films with regions and reports, or examinations with sections and labels. */
export type StudyKind = 'region' | 'rclip';

function hasImages(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'images');
  } catch {
    return false;
  }
}

/** Which kind of studies a file holds, by its first line; whether they are good is not looked at. */
export async function studyKindOf(file: string): Promise<StudyKind> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  try {
    for await (const line of lines) if (line.trim() !== '') return hasImages(line) ? 'rclip' : 'region';
    return 'region';
  } finally {
    lines.close();
  }
}
