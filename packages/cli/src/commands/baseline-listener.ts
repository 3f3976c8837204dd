import type { BaselineListener } from '@crrg/baselines/node';
import { printError } from '../errors.js';
import { createDoubtLog } from '../doubt-log.js';
import type { ProgressLine } from '../format/progress-line.js';
import { trainingProgress } from '../format/training-text.js';
import type { CliIo } from '../io.js';

/** Shows what a baseline tells: progress on a line that replaces itself, doubts and counts on lines of their own. */
export function baselineListener(
  progress: ProgressLine,
  { quiet = false }: { readonly quiet?: boolean },
  io: CliIo,
): BaselineListener {
  const doubtLog = createDoubtLog(io);
  return (event) => {
    if (event.type === 'texts-end') {
      const { fromReport, fromRegions, withoutText } = event;
      progress.clear();
      if (!quiet)
        io.stderr.write(
          `texts of films: ${fromReport} reports, ${fromRegions} from sentences of regions, ${withoutText} left out without any\n`,
        );
    } else if (event.type === 'film-read')
      progress.show(`reading films  ${event.done} of ${event.total}`, true);
    else if (event.type === 'film-doubts') {
      progress.clear();
      doubtLog.add(event.subject, event.doubts);
    } else if (event.type === 'films-end') {
      progress.clear();
      doubtLog.end(event.total);
    } else if (event.type === 'training') trainingProgress(progress, 'training', event.epochs)(event.event);
    else if (event.type === 'film-failed') {
      progress.clear();
      printError(io, event.error, event.subject);
    } else if (event.type === 'request-retry')
      progress.show(`asking again in ${Math.ceil(event.waitMs / 1000)} s: ${event.reason}`, false);
    else if (event.type === 'report-end') progress.show(`films  ${event.done} of ${event.total}`, true);
    else progress.onProgress(event);
  };
}
