import type { StudyTrainingListener } from '@crrg/train/node';
import { createDoubtLog } from '../doubt-log.js';
import { printError } from '../errors.js';
import type { ProgressLine } from '../format/progress-line.js';
import { trainingProgress } from '../format/training-text.js';
import type { CliIo } from '../io.js';

/** So many parameters that their networks say more. */
const MANY_NAMES = 12;

/** The names of drawn parameters, or those of their networks with how many each has. */
function freshNames(names: readonly string[]): string {
  if (names.length <= MANY_NAMES) return names.join(', ');
  const counts = new Map<string, number>();
  for (const name of names) {
    const network = name.split('.', 1)[0]!;
    counts.set(network, (counts.get(network) ?? 0) + 1);
  }
  return [...counts].map(([network, count]) => `${network} (${count})`).join(', ');
}

/** What studies without text lack. */
const TEXT_NAMES = { original: 'text', generated: 'report' } as const;

/** Shows what training on studies tells: progress on a line that replaces itself, doubts and notes on lines of their own. */
export function trainListener(
  progress: ProgressLine,
  { quiet = false }: { readonly quiet?: boolean },
  io: CliIo,
): StudyTrainingListener {
  const doubtLog = createDoubtLog(io);
  const note = (write: () => void) => {
    progress.clear();
    write();
  };
  return (event) => {
    if (event.type === 'start-model') {
      if (event.fresh.length > 0 && !quiet)
        note(() =>
          printError(
            io,
            `not in the encoders, drawn with seed ${event.seed}: ${freshNames(event.fresh)}`,
            'note',
          ),
        );
    } else if (event.type === 'test-studies') {
      const { count, total } = event;
      if (!quiet)
        note(() =>
          io.stderr.write(`studies of the split test, left out of training: ${count} of ${total}\n`),
        );
    } else if (event.type === 'film-read')
      progress.show(`reading films  ${event.done} of ${event.total}`, true);
    else if (event.type === 'film-doubts') note(() => doubtLog.add(event.subject, event.doubts));
    else if (event.type === 'films-end') doubtLog.end(event.total);
    else if (event.type === 'report-start') progress.setSubject(`report ${event.number} of ${event.total}`);
    else if (event.type === 'reports-end') progress.setSubject('');
    else if (event.type === 'texts-end') {
      const { text, withoutText, total } = event;
      if (withoutText > 0 && !quiet)
        note(() =>
          io.stderr.write(
            `studies without a ${TEXT_NAMES[text]}, left out of pre-training: ${withoutText} of ${total}\n`,
          ),
        );
    } else if (event.type === 'film-encoded')
      progress.show(`encoding films of the split ${event.split}  ${event.done}`, true);
    else if (event.type === 'training') trainingProgress(progress, event.stage, event.epochs)(event.event);
    else if (event.type === 'back-translation-progress')
      progress.show(`translating texts  ${event.done} of ${event.total}`, true);
    else progress.onProgress(event);
  };
}
