import { ConfigError, CrrgError, type Doubt } from '@crrg/core';
import { OutputError } from '@crrg/core/node';
import { createDoubtLog } from '../doubt-log.js';
import { printError } from '../errors.js';
import type { Films } from '../files.js';
import { EXIT_CODES, type CommandContext } from '../io.js';
import type { ProgressLine } from '../format/progress-line.js';
import { SetupError } from './open-models.js';

/** The doubts for which a strict call refused a film. */
function refusedFor(error: unknown): readonly Doubt[] {
  if (!CrrgError.isInstance(error)) return [];
  const { doubts } = error.details;
  return Array.isArray(doubts) ? (doubts as readonly Doubt[]) : [];
}

/**
 * Does the work for each film in order, says the doubts that it gives, and counts them at the end, those for which a film was refused
 * too. A film that fails is reported and the rest go on; a model, an option or an output that is wrong ends it.
 * @throws {SetupError | ConfigError | OutputError}, and the signal's reason on abort
 */
export async function forEachFilm(
  films: Films,
  { io, setExitCode }: CommandContext,
  progress: ProgressLine,
  work: (file: string) => Promise<readonly Doubt[]>,
): Promise<void> {
  const { paths } = films;
  const log = createDoubtLog(io);
  for (const [index, file] of paths.entries()) {
    io.signal?.throwIfAborted();
    progress.setSubject(films.isSingle ? file : `[${index + 1}/${paths.length}] ${file}`);
    try {
      const doubts = await work(file);
      progress.clear();
      log.add(file, doubts);
    } catch (error) {
      progress.clear();
      const isFinal =
        error instanceof SetupError || error instanceof ConfigError || error instanceof OutputError;
      if (io.signal?.aborted || isFinal) throw error;
      printError(io, error, file);
      log.count(refusedFor(error));
      setExitCode(EXIT_CODES.failed);
    }
  }
  log.end(paths.length);
}
