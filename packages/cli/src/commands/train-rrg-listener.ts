import type { RegionTrainingEvent, RegionTrainingListener } from '@crrg/train/node';
import { STAGE_NAMES } from '@crrg/train/node';
import { createDoubtLog } from '../doubt-log.js';
import { printError } from '../errors.js';
import type { ProgressLine } from '../format/progress-line.js';
import { trainingProgress } from '../format/training-text.js';
import type { CliIo } from '../io.js';

/** Names, those of a network that is there as a whole under one: `regionSelector.*`. */
function shortNames(names: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = name.split('.').slice(0, 2).join('.');
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return [...groups]
    .map(([group, all]) => (all.length === 1 ? all[0]! : `${group}.* (${all.length})`))
    .join(', ');
}

function startNotes(event: Extract<RegionTrainingEvent, { type: 'start-model' }>): string[] {
  const { fresh, dropped, seed, vocabularySize, trainLanguageModel, languageModelSize = 0 } = event;
  return [
    ...(fresh.length > 0 ? [`in no start, drawn with seed ${seed}: ${shortNames(fresh)}`] : []),
    ...(dropped.length > 0 ? [`of no use here, left out: ${shortNames(dropped)}`] : []),
    ...(vocabularySize === undefined
      ? []
      : [
          `no language model to start from: a vocabulary of ${vocabularySize} tokens is learned from the phrases of the split train`,
        ]),
    ...(trainLanguageModel
      ? [
          `the language model itself, ${languageModelSize.toLocaleString('en')} numbers, is trained, not only its image projections`,
        ]
      : []),
  ];
}

/** What is told once, a line each. */
function notesOf(event: RegionTrainingEvent): string[] {
  if (event.type === 'start-model') return startNotes(event);
  if (event.type === 'test-studies')
    return [`studies of the split test, left out of training: ${event.count} of ${event.total}`];
  if (event.type === 'phrases-cut')
    return [`phrases longer than ${event.maxLength} tokens, whose end is cut off: ${event.count}`];
  if (event.type === 'training-start' && event.partial > 0)
    return [
      `${STAGE_NAMES[event.stage]}: studies that do not list every region, which is ignored there: ${event.partial} of ${event.train + event.valid}`,
    ];
  if (event.type === 'training-end' && event.isKept)
    return [`${STAGE_NAMES[event.stage]}: finished before, not repeated`];
  return [];
}

/** Shows what training on region studies tells: progress on a line that replaces itself, doubts and notes on lines of their own. */
export function trainRrgListener(
  progress: ProgressLine,
  { quiet = false }: { readonly quiet?: boolean },
  io: CliIo,
): RegionTrainingListener {
  const doubtLog = createDoubtLog(io);
  return (event) => {
    const notes = quiet ? [] : notesOf(event);
    if (notes.length > 0) progress.clear();
    for (const note of notes) printError(io, note, 'note');
    if (event.type === 'film-read') progress.show(`looking at films  ${event.done} of ${event.total}`, true);
    else if (event.type === 'film-doubts') {
      progress.clear();
      doubtLog.add(event.subject, event.doubts);
    } else if (event.type === 'films-end') doubtLog.end(event.total);
    else if (event.type === 'training')
      trainingProgress(progress, STAGE_NAMES[event.stage], event.epochs)(event.event);
    else if (!notesOwn(event)) progress.onProgress(event);
  };
}

type OwnEvent = Extract<
  RegionTrainingEvent,
  { type: 'start-model' | 'test-studies' | 'phrases-cut' | 'training-start' | 'training-end' }
>;

/** Events of training itself, which the progress line does not know. */
const notesOwn = (event: { readonly type: string }): event is OwnEvent =>
  ['start-model', 'test-studies', 'phrases-cut', 'training-start', 'training-end'].includes(event.type);
