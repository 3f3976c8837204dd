import { execute } from '../packed/execute.mjs';
import type { AppAnswer, Outcome } from './outcome.js';
import type { Pair } from './pairs.js';

const failed = (message: string): AppAnswer => ({ error: { name: 'Error', code: null, message } });

/** What the last line of a program says. */
export function answerOf({ code, out, err }: { code: number; out: string; err: string }): AppAnswer {
  if (code !== 0) return failed(`the program ended with ${code}: ${err.trim().split('\n').at(-1) ?? ''}`);
  try {
    return JSON.parse(out.trim().split('\n').at(-1)!) as AppAnswer;
  } catch {
    return failed('the program said nothing that can be read');
  }
}

/** Runs an app in Node. */
export async function runInNode(pair: Pair, folder: string, films: readonly string[]): Promise<Outcome> {
  const file = pair.app.runs === 'bundle' ? 'dist/server.cjs' : 'src/server.js';
  const env = { TF_CPP_MIN_LOG_LEVEL: '1' };
  const ended = await execute('node', [file, pair.engine, pair.app.way, ...films], { cwd: folder, env });
  return { pair, answer: answerOf(ended) };
}
