import type { State } from '../state.js';
import { count, stageTitle } from '../words.js';

/** What a screen reader hears while things go on. */
export function announcement({ reading, readiness }: State): string {
  const { phase, problem, stage, findings, doubts, fileName } = reading;
  switch (phase) {
    case 'empty':
      if (readiness.is === 'ready') return 'Ready for a film.';
      return readiness.is === 'failed' ? readiness.problem.title : '';
    case 'opening':
      return `Opening ${fileName}.`;
    case 'reading':
      if (readiness.is === 'loading') return `Loading weights, ${tenths(readiness)} percent.`;
      return stage ? `${stageTitle(stage)}.` : `Reading ${fileName}.`;
    case 'read':
      return `The report is there: ${count(findings.length, 'finding')}, ${count(doubts.length, 'reason')} to doubt it.`;
    case 'stopped':
      return 'Stopped.';
    case 'refused':
      return `${problem?.title}. ${problem?.what} ${problem?.advice}`;
  }
}

/** Spoken in steps of ten, not at every piece that arrives. */
const tenths = ({ loaded, total }: { loaded: number; total: number }) =>
  10 * Math.floor((10 * loaded) / Math.max(1, total));
